"""`python -m runware_nb.sandbox`: serve until SIGTERM or Ctrl-C, after one line of JSON that says where."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence

from runware_nb.sandbox.faults import FAULTS
from runware_nb.sandbox.server import Sandbox


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m runware_nb.sandbox",
        description="The Runware API on this machine (127.0.0.1 only). Prints one line of JSON when it is ready.",
    )
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one (the default)")
    parser.add_argument("--key", help="the API key to ask for; random if not given")
    parser.add_argument("--seed", type=int, default=0, help="of latencies and of seeds nobody asked for")
    parser.add_argument(
        "--latency",
        nargs="+",
        default=["0.05", "0.4"],
        metavar="SECONDS",
        help="least and most, as LOW HIGH or LOW,HIGH",
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME",
        choices=sorted(FAULTS),
        help="inject it once; may be repeated",
    )
    return parser


def _latency(words: Sequence[str]) -> tuple[float, float]:
    """Read `LOW HIGH`, `LOW,HIGH` or one figure for both. Raises ValueError."""
    figures = [float(part) for word in words for part in word.split(",") if part]
    if len(figures) not in {1, 2} or not 0 <= figures[0] <= figures[-1]:
        raise ValueError
    return figures[0], figures[-1]


def main(argv: Sequence[str] | None = None) -> int:
    """Serve; return the exit code."""
    parser = _parser()
    asked = parser.parse_args(argv)
    try:
        latency = _latency(asked.latency)
    except ValueError:
        parser.error(f"--latency takes the least and the most seconds, not {' '.join(asked.latency)}")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Sandbox(key=asked.key, port=asked.port, latency=latency, seed=asked.seed) as box:
        for name in asked.fault:
            box.inject(name)
        ready = {"http_url": box.http_url, "ws_url": box.ws_url, "api_key": box.api_key}
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
