"""Checks: small questions, whose answer is what is wrong. The mutants are held to them, and so is the product."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import Awaitable, Callable
from hashlib import sha256
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import pytest

from runware_nb.errors import BudgetExceeded, RunwareError
from runware_nb.sandbox import Sandbox
from runware_nb.sessions import Session
from runware_nb.settings import Endpoint, Secret

from .crashing import POINTS, crash
from .oracle import Books, audit, errors_of
from .rigs import WORKLOADS, Case, play

Spoil = Callable[[pytest.MonkeyPatch], None]
Check = Callable[[Sandbox, Path, Spoil | None], Awaitable[list[str]]]
"""Given a sandbox, a folder, and what breaks the product in processes that the check starts."""


def case(one: Case) -> Check:
    """Play a case of the matrix."""

    async def check(box: Sandbox, place: Path, _: Spoil | None = None) -> list[str]:
        return await play(box, one, place)

    return check


def calm(one: Case) -> Check:
    """Play a case that the user must hear nothing of."""

    async def check(box: Sandbox, place: Path, _: Spoil | None = None) -> list[str]:
        for fault in one.faults:
            box.inject(fault)
        async with session(box, place) as opened:
            try:
                run = await opened.run(WORKLOADS[one.workload])
            except RunwareError as error:
                return [f"told of {error}"]
        return [f"told of {error}" for _, error in run.problems]

    return check


def killed(point: str, workload: str = "image async") -> Check:
    """Have a process killed at a point, with the same mutant in it, then resume."""

    async def check(box: Sandbox, place: Path, spoil: Spoil | None = None) -> list[str]:
        await kill(box, place, point, workload, spoil=spoil)
        return await resumed(box, place, len(WORKLOADS[workload]))

    return check


async def kill(
    box: Sandbox, place: Path, point: str, workload: str, *, skip: int = 0, spoil: Spoil | None = None
) -> None:
    """Have a process killed at a point; one after another, if the point lies in a resume. Each must have got there.

    They are forked from a clean process that has imported all, which takes a fiftieth of starting one.
    """
    place.mkdir(parents=True, exist_ok=True)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", "tests.faults.warm"])
    asked = (point, workload, (box.http_url, box.ws_url, box.api_key), place, skip, spoil)
    for marker in (["first"] if POINTS[point].resuming else []) + ["marker"]:
        process = context.Process(target=crash, args=asked)
        process.start()
        await asyncio.to_thread(wait, [process.sentinel])
        process.join()  # in this thread, as `start` is: both read how others ended, and only the first learns it
        assert process.exitcode == -signal.SIGKILL, (
            f"{point} was not reached: the process ended with {process.exitcode}"
        )
        assert (place / marker).exists()
        process.close()


async def resumed(box: Sandbox, place: Path, asked: int) -> list[str]:
    """Resume what a process that was killed has left, and say what is wrong then."""
    async with session(box, place) as opened:
        run = await opened.resume()
    wrong = errors_of(run) + audit(box, Books.read(place / "ledger.sqlite"), asked, final=True)
    named = (place / "out").glob("sandbox-*")
    return wrong + [f"{path.name} is a bad file" for path in named if path.name[8:28] != _digest(path)]


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()[:20]


async def two_seeds(box: Sandbox, place: Path, _: Spoil | None = None) -> list[str]:
    """Ask for two pictures that differ in their seed."""
    (task,) = WORKLOADS["image sync"]
    async with session(box, place) as opened:
        await opened.run([{**task, "seed": seed} for seed in (11, 12)])
    made = len(box.billed())
    return [] if made == 2 else [f"2 were asked for, but {made} made"]


async def twice_the_same(box: Sandbox, place: Path, _: Spoil | None = None) -> list[str]:
    """Ask for the same picture twice."""
    async with session(box, place) as opened:
        await opened.run(WORKLOADS["image sync"])
        await opened.run(WORKLOADS["image sync"])
    made = len(box.billed())
    return [] if made == 1 else [f"it was made {made} times"]


async def one_budget(box: Sandbox, place: Path, _: Spoil | None = None) -> list[str]:
    """Ask for two pictures at once, of which the budget allows one."""
    (task,) = WORKLOADS["image sync"]
    limit = 0.0076 * 1.5
    async with session(box, place, budget=limit) as opened:
        asked = [opened.run([{**task, "seed": seed}]) for seed in (21, 22)]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
    refused = sum(isinstance(outcome, BudgetExceeded) for outcome in outcomes)
    return [] if refused == 1 else [f"{refused} of 2 were refused: over the budget of ${limit}"]


def session(box: Sandbox, place: Path, **options: Any) -> Session:
    """Open a session at a sandbox."""
    endpoint = Endpoint(box.http_url, box.ws_url, Secret(box.api_key))
    given = {"transport": "rest", **options}
    return Session(endpoint, folder=place / "out", ledger=place / "ledger.sqlite", **given)
