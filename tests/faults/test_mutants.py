"""Each break of the product is seen by a check that finds nothing wrong with the product as it is.

A control that was never seen to fail is no control.
"""

from __future__ import annotations

import re

import pytest

from .mutants import MUTANTS
from .rigs import Rig


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    with Rig.built(tmp_path_factory.mktemp("mutants"), 2) as rig:
        yield rig


@pytest.mark.parametrize("name", MUTANTS)
async def test_a_break_is_caught(rig, name, tmp_path):
    """On a sandbox that tells the number of a result, and on one that does not: either may see it."""
    mutant = MUTANTS[name]
    assert await _check(mutant, rig, tmp_path / "sound", None) == []
    with pytest.MonkeyPatch.context() as patch:
        mutant.spoil(patch)
        wrong = await _check(mutant, rig, tmp_path / "broken", mutant.spoil)

    assert any(re.search(mutant.found, line) for line in wrong), wrong


async def _check(mutant, rig, place, spoil):
    """Ask one sandbox after the other, until something is wrong."""
    wrong = []
    for number, box in enumerate(rig.boxes):
        if not wrong:
            Rig.reset(box)
            wrong += await mutant.check(box, place / str(number), spoil)
    return wrong


def test_there_are_fifteen_or_more():
    assert len(MUTANTS) >= 15
