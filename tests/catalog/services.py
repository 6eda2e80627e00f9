"""A server of whatever the public services might answer, on this machine: good, half, strange, or nothing ever."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[str, dict[str, str]], tuple[int, dict[str, str], bytes] | None]
"""Path and request headers to status, headers and body; None never answers."""


@dataclass
class Served:
    """What runs: its origin, and each path that was asked for with its headers."""

    origin: str
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@contextmanager
def serving(answer: Answer) -> Iterator[Served]:
    """Serve until the block ends."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            served.asked.append((self.path, headers))
            told = answer(self.path, headers)
            if told is None:
                over.wait(30)
                return
            status, more, body = told
            self.send_response(status)
            for name, value in {**more, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(OSError):  # who asked has heard enough
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served = Served(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield served
        finally:
            over.set()
            server.shutdown()
            thread.join()


def as_json(value: Any, **headers: str) -> tuple[int, dict[str, str], bytes]:
    return 200, {"content-type": "application/json", **headers}, json.dumps(value).encode()
