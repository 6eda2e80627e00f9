"""Judging apart: each row of a table in a process that may not grow, so that a bomb is a failed test and nothing more."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

ROOT: Final = Path(__file__).parents[2]
TIME: Final = 1.0
"""Seconds of CPU that a row may take: a busy machine makes none of them longer."""
GROWTH: Final = 128_000_000
"""Bytes that the process may grow by in a row."""
_ROOM: Final = 1 << 30
_CHILD: Final = """
import json, os, resource, sys, time
told = os.fdopen(os.dup(1), "w")  # what a row prints is no verdict
os.dup2(2, 1)
{prepare}
def peak():
    try:
        open("/proc/self/clear_refs", "w").write("5")  # Linux: the peak counts anew from here
    except OSError:
        pass
    return most()
def most():
    try:
        return int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) * 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
judge({warm!r})
resource.setrlimit(resource.RLIMIT_AS, ({room}, {room}))
print("ready", file=told, flush=True)
for line in sys.stdin:
    before, start = peak(), time.process_time()
    try:
        outcome = ["gave", repr(judge(json.loads(line)))[:2000]]
    except BaseException as error:
        outcome = [type(error).__name__, str(error)[:2000]]
    print(json.dumps([*outcome, time.process_time() - start, most() - before]), file=told, flush=True)
"""


@dataclass(frozen=True)
class Verdict:
    """What came of a row: `gave` and the repr of a value, or the name of an error and its words."""

    kind: str
    words: str
    seconds: float
    growth: float


def judged(rows: Sequence[str], prepare: str, warm: str) -> dict[str, Verdict]:
    """Judge rows by the function `judge` that `prepare` defines, called with `warm` before the limits hold."""
    left = list(rows)
    found: dict[str, Verdict] = {}
    while left:
        found |= dict(_run(left, _CHILD.format(prepare=prepare, warm=warm, room=_ROOM)))
        left = left[len([row for row in left if row in found]) :]
    return found


def _run(rows: Sequence[str], program: str) -> Iterator[tuple[str, Verdict]]:
    """Judge rows until one takes too long or ends the process."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (
        TemporaryDirectory() as folder,  # where a row would leave its files
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=env,
            cwd=folder,
        ) as child,
    ):
        assert child.stdin
        assert child.stdout
        assert child.stdout.readline() == "ready\n"
        for row in rows:
            try:
                child.stdin.write(json.dumps(row) + "\n")
                child.stdin.flush()
            except BrokenPipeError:  # the row before closed the ear of the process
                return
            ready, _, _ = select.select([child.stdout], [], [], 30 * TIME)
            line = child.stdout.readline() if ready else ""
            if not line:
                child.kill()
                yield row, Verdict("ended" if ready else "hung", "", float("inf"), float("inf"))
                return
            yield row, Verdict(*json.loads(line))
        with suppress(BrokenPipeError):
            child.stdin.close()
