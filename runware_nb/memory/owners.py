"""Owners: which process waits for a task, so that no other kernel takes it for abandoned.

An owner is a machine, a process and the moment it started: numbers of processes are used again.
"""

from __future__ import annotations

import os
import platform
from functools import cache
from pathlib import Path


@cache
def _host() -> str:
    return platform.node()


def this() -> str:
    """Return this process."""
    return f"{_host()}|{os.getpid()}|{_started(os.getpid())}"


def is_alive(owner: str) -> bool:
    """Tell whether a process still runs. One of another machine is taken to: its tasks are its own to fetch."""
    host, pid, started = owner.split("|")
    if host != _host():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return started == _started(int(pid))


def _started(pid: int) -> str:
    """When a process started, in clock ticks since boot (Linux); elsewhere its number must do.

    One that has ended, and only waits for its parent to notice, counts as never started.
    """
    try:
        facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "ended" if facts[0] in {"Z", "X"} else facts[19]
    except (OSError, IndexError):
        return ""
