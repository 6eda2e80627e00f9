"""Crashing: a process that runs, or resumes, a session and kills itself at a named point. No handler runs, no file is closed.

A point is a row in `POINTS`: what to wrap, and when it strikes. The marker file says that it was reached.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import os
import signal
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from runware_nb.api.polling import Desk
from runware_nb.api.runs import Delta
from runware_nb.api.tasks import Task
from runware_nb.api.transport.rest import Rest
from runware_nb.memory import store, worker
from runware_nb.memory.folder import Folder
from runware_nb.memory.ledger import Ledger
from runware_nb.progress import Progress
from runware_nb.sessions import Session
from runware_nb.settings import Endpoint, Secret

from .rigs import WORKLOADS, hurry


@dataclass
class Fuse:
    """Kills the process when it is reached for the last time that it may be passed."""

    marker: Path
    skip: int

    def burn(self) -> None:
        """Pass, or die."""
        if self.skip:
            self.skip -= 1
            return
        self.marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)


Wire = Callable[[Fuse], None]


def _call(owner: Any, name: str, *, after: bool = False, when: Callable[..., bool] = lambda *_, **__: True) -> Wire:
    """Strike right before, or right after, a call of a function."""

    def wire(fuse: Fuse) -> None:
        real = getattr(owner, name)

        @functools.wraps(real)
        async def later(*args: Any, **options: Any) -> Any:
            if not after and when(*args, **options):
                fuse.burn()
            value = await real(*args, **options)
            if after and when(*args, **options):
                fuse.burn()
            return value

        @functools.wraps(real)
        def now(*args: Any, **options: Any) -> Any:
            if not after and when(*args, **options):
                fuse.burn()
            value = real(*args, **options)
            if after and when(*args, **options):
                fuse.burn()
            return value

        static = isinstance(vars(owner).get(name), staticmethod)
        wrapper = later if inspect.iscoroutinefunction(real) else now
        setattr(owner, name, staticmethod(wrapper) if static else wrapper)

    return wire


def _commit(statement: str, *, after: bool = False) -> Wire:
    """Strike right before, or right after, the commit of the first transaction that holds a statement."""

    def wire(fuse: Fuse) -> None:
        class Wired(sqlite3.Connection):
            armed = False

            def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
                self.armed |= sql.startswith(statement)
                if sql == "COMMIT" and self.armed and not after:
                    fuse.burn()
                done = super().execute(sql, *values)
                if sql == "COMMIT" and self.armed:
                    if after:
                        fuse.burn()
                    self.armed = False
                return done

            def executemany(self, sql: str, *values: Any) -> sqlite3.Cursor:
                self.armed |= sql.startswith(statement)
                return super().executemany(sql, *values)

        worker.sqlite3.connect = functools.partial(sqlite3.connect, factory=Wired)
        worker.GATHER, worker.BATCH = 0, 1  # each note is written by itself: the end can come between any two

    return wire


def _sends(_: Rest, tasks: list[Any], **__: Any) -> bool:
    return any(isinstance(task, Task) or task["taskType"] != "getResponse" for task in tasks)


def _tells_text(_: Progress, event: Any) -> bool:
    return isinstance(event, Delta)


_ACCEPTED = "UPDATE tasks SET state = 'accepted'"
_DONE = "UPDATE tasks SET state = 'done'"
_IMAGES = ("image async", "image sync", "batch of 20")
_POLLED = ("image async", "text async", "batch of 20")


@dataclass(frozen=True)
class Point:
    """Where to die.

    Parameters
    ----------
    wire
        Lays the fuse.
    workloads
        Those that pass here.
    spare
        How often it may be passed first, at most.
    resuming
        Whether it lies in a resume, after a run that was killed as its tasks were accepted.
    """

    wire: Wire
    workloads: tuple[str, ...] = (*_IMAGES, "text stream")
    spare: int = 0
    resuming: bool = False


POINTS: Mapping[str, Point] = {
    "before the intent": Point(_call(Ledger, "intend")),
    "before the intent's commit": Point(_commit("INSERT INTO tasks")),
    "after the intent's commit": Point(_commit("INSERT INTO tasks", after=True)),
    "with the intent written": Point(_call(Ledger, "intend", after=True)),
    "before the POST": Point(_call(Rest, "post", when=_sends), _IMAGES),
    "as the answer begins": Point(_call(Rest, "_answer"), _IMAGES),
    "with the answer in hand": Point(_call(Rest, "post", after=True, when=_sends), _IMAGES),
    "half-way through a text": Point(_call(Progress, "tell", when=_tells_text), ("text stream",), spare=8),
    "before the acceptance's commit": Point(_commit(_ACCEPTED)),
    "after the acceptance's commit": Point(_commit(_ACCEPTED, after=True)),
    "before the first poll": Point(_call(Desk, "_ask"), _POLLED),
    "with a poll's answer in hand": Point(_call(Desk, "read"), _POLLED),
    "with a result in hand": Point(_call(Progress, "_keep"), spare=0),
    "with an empty file": Point(_call(Folder, "create", after=True), _IMAGES, spare=1),
    "with a part of a file": Point(_call(store._Part, "take", after=True), _IMAGES, spare=1),
    "before a file is flushed": Point(_call(Folder, "finish"), _IMAGES, spare=1),
    "before a file has its name": Point(_call(Folder, "settle"), _IMAGES, spare=1),
    "with a file that has its name": Point(_call(Folder, "settle", after=True), _IMAGES, spare=1),
    "before a result is noted": Point(_call(Ledger, "keep")),
    "before a result's commit": Point(_commit("INSERT INTO results")),
    "after a result's commit": Point(_commit("INSERT INTO results", after=True)),
    "before the end's commit": Point(_commit(_DONE)),
    "after the end's commit": Point(_commit(_DONE, after=True)),
    "resuming, before the first poll": Point(_call(Desk, "_ask"), _POLLED, resuming=True),
    "resuming, with a result in hand": Point(_call(Progress, "_keep"), _POLLED, resuming=True),
    "resuming, before the end is noted": Point(_call(Ledger, "recover"), _POLLED, resuming=True),
}


def crash(  # noqa: PLR0917  (multiprocessing passes positions)
    name: str,
    workload: str,
    api: tuple[str, str, str],
    place: Path,
    skip: int,
    spoil: Callable[[pytest.MonkeyPatch], None] | None,
) -> None:
    """Run a session in this process, broken on purpose if wanted, until it dies.

    It ends normally only if the point was never reached.
    """
    point = POINTS[name]
    with hurry(), pytest.MonkeyPatch.context() as patch:
        if spoil:
            spoil(patch)
        if point.resuming and not (place / "first").exists():
            POINTS["with the answer in hand"].wire(Fuse(place / "first", 0))
            asyncio.run(_session(workload, api, place, resume=False))
        point.wire(Fuse(place / "marker", skip))
        asyncio.run(_session(workload, api, place, resume=point.resuming))


async def _session(workload: str, api: tuple[str, str, str], place: Path, *, resume: bool) -> None:
    url, ws_url, secret = api
    endpoint = Endpoint(url, ws_url, Secret(secret))
    async with Session(
        endpoint, folder=place / "out", ledger=place / "ledger.sqlite", timeout=8.0, transport="rest"
    ) as session:
        await (session.resume() if resume else session.run(WORKLOADS[workload]))
