"""A run that is cancelled at any of its waits leaves a ledger that works, from which everything paid comes back."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Coroutine, Generator
from functools import partial
from typing import Any

import pytest

from runware_nb.errors import RunwareError

from .checks import resumed, session
from .rigs import WORKLOADS, Rig, finished


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    with Rig.built(tmp_path_factory.mktemp("interrupts"), 2) as rig:
        yield rig


class Cancelled:
    """A coroutine that is cancelled at its n-th wait, counted from 1."""

    def __init__(self, work: Coroutine[Any, Any, Any], n: int) -> None:
        self._work = work
        self._left = n

    def __await__(self) -> Generator[Any, Any, Any]:
        """Pass on what the coroutine waits for."""
        steps = self._work.__await__()
        go = steps.__next__
        while True:
            try:
                waited_for = go()
            except StopIteration as stop:
                return stop.value
            self._left -= 1
            if self._left == 0:
                asyncio.current_task().cancel()
            try:
                yield waited_for
                go = steps.__next__
            except BaseException as error:  # noqa: BLE001  (whatever is thrown in goes on, as `yield from` does)
                go = partial(steps.throw, error)


@pytest.mark.parametrize("workload", ["image sync", "image async", "text stream"])
async def test_an_interrupt_at_any_wait_loses_nothing(rig, workload, tmp_path):
    box = rig.boxes[0]
    for n in itertools.count(1):
        Rig.reset(box)
        place = tmp_path / str(n)
        async with session(box, place) as opened:
            try:
                await asyncio.create_task(_run(opened.run(WORKLOADS[workload]), n))
                whole = True
            except asyncio.CancelledError:
                whole = False
            await finished(box)
            async with asyncio.timeout(20):
                await opened.resume()
        assert await resumed(box, place, len(WORKLOADS[workload])) == []
        if whole:
            break

    assert n > 5


@pytest.mark.parametrize("workload", ["image async", "text async"])
async def test_an_interrupted_resume_loses_nothing(rig, workload, tmp_path):
    box = rig.boxes[1]
    for n in itertools.count(1):
        Rig.reset(box)
        place = tmp_path / str(n)
        async with session(box, place) as opened:
            box.inject("lost-answer", times=4)
            with contextlib.suppress(RunwareError):
                await opened.run(WORKLOADS[workload])
            await finished(box)
            try:
                await asyncio.create_task(_run(opened.resume(), n))
                whole = True
            except asyncio.CancelledError:
                whole = False
            async with asyncio.timeout(20):
                await opened.resume()
        assert await resumed(box, place, len(WORKLOADS[workload])) == []
        if whole:
            break

    assert n > 3


async def _run(work: Coroutine[Any, Any, Any], n: int) -> Any:
    return await Cancelled(work, n)
