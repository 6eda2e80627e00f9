"""Whatever goes wrong, what was paid for arrives, once, at its price; and what is not known is not called a failure.

`RUNWARE_FAULTS=all` plays every case several times; else each fault strikes once at each of its points.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from .cases import every, some
from .rigs import WORKLOADS, Case, Rig

ALL = os.environ.get("RUNWARE_FAULTS") == "all"
ROUNDS = 3 if ALL else 1
_AT_ONCE = 8
_EVERY = every()
CASES = _EVERY if ALL else some(_EVERY)
POINTS = sorted({case.point for case in CASES})

pytestmark = pytest.mark.timeout(3600 if ALL else 120)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with Rig.built(tmp_path_factory.mktemp("faults"), _AT_ONCE) as rig:
        yield rig


async def test_without_a_fault_nothing_is_wrong(rig):
    assert await rig.play([Case(workload, ()) for workload in WORKLOADS] * 2) == {}


@pytest.mark.parametrize("round_", range(ROUNDS))
@pytest.mark.parametrize("point", POINTS)
async def test_no_fault_loses_what_was_paid_or_pays_twice(rig, point, round_):
    assert await rig.play([case for case in CASES if case.point == point]) == {}


def test_the_whole_is_at_least_five_thousand_runs():
    assert 3 * len(_EVERY) >= 5000
