"""Killed at any point between the intent and the stored result, a kernel loses nothing that was paid for.

Random moments prove nothing: each point has a name, and leaves a mark when it was reached.
"""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path
from time import perf_counter

import httpx
import pytest

from .checks import kill, resumed, session
from .crashing import POINTS
from .oracle import Books, audit
from .rigs import WORKLOADS, Rig, leave

ALL = os.environ.get("RUNWARE_FAULTS") == "all"
TIMES = 50 if ALL else 2
_PENDING = 1000

pytestmark = pytest.mark.timeout(3600 if ALL else 120)


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    with Rig.built(tmp_path_factory.mktemp("crashes"), 2) as rig:
        yield rig


@pytest.mark.parametrize("name", POINTS)
async def test_a_kernel_killed_there_loses_nothing(rig, name, tmp_path):
    point = POINTS[name]
    waiting = [(n, point.workloads[n % len(point.workloads)]) for n in range(TIMES)]
    wrong = []

    async def lane(box):
        while waiting:
            number, workload = waiting.pop()
            wrong.extend(await _killed(box, name, workload, tmp_path / str(number)))

    await asyncio.gather(*(lane(box) for box in rig.boxes))

    assert wrong == []


async def _killed(box, name: str, workload: str, place: Path) -> list[str]:
    """Have a process killed at a point, then resume in this one."""
    Rig.reset(box)
    await kill(box, place, name, workload, skip=random.randint(0, POINTS[name].spare))
    return await resumed(box, place, len(WORKLOADS[workload]))


async def test_a_thousand_pending_tasks_are_resumed_together(rig, tmp_path):
    """In few requests; and, where time is measured, within two seconds of what the server takes for them."""
    (box, *_) = rig.boxes
    Rig.reset(box)
    text = dict(WORKLOADS["text async"][0])
    tasks = [{**text, "messages": [{"role": "user", "content": f"hi {n}"}]} for n in range(_PENDING)]
    async with session(box, tmp_path) as opened:
        await leave(opened, box, tasks)
        sent = []
        opened.client._rest.post = _counting(opened.client._rest.post, sent)
        began = perf_counter()
        run = await opened.resume()
        took = perf_counter() - began

    assert len(run) == _PENDING
    assert audit(box, Books.read(tmp_path / "ledger.sqlite"), _PENDING, final=True) == []
    assert len(sent) <= 0.06 * _PENDING
    assert not ALL or took - _answering(box, sent) < 2


def _counting(post, sent):
    async def counted(tasks, **options):
        sent.append(tasks)
        return await post(tasks, **options)

    return counted


def _answering(box, sent) -> float:
    """Seconds the server takes to answer the same questions, one after the other."""
    began = perf_counter()
    with httpx.Client(headers={"Authorization": f"Bearer {box.api_key}"}) as client:
        for tasks in sent:
            client.post(box.http_url, json=tasks).raise_for_status()
    return perf_counter() - began
