"""Sweeps: points on named axes, and no more of them than somebody agreed to."""

from __future__ import annotations

import pytest

from runware_nb.catalog import bundled
from runware_nb.compare.sweeps import LARGEST_AGREED, Sweep, listed
from runware_nb.errors import UsageError


def test_the_first_axis_varies_slowest():
    assert [tuple(p.values()) for p in Sweep({"a": [1, 2], "b": "xy"})] == [(1, "x"), (1, "y"), (2, "x"), (2, "y")]


def test_axes_can_be_taken_side_by_side():
    assert list(Sweep({"a": [1, 2], "b": [3, 4]}, paired=True)) == [{"a": 1, "b": 3}, {"a": 2, "b": 4}]


@pytest.mark.parametrize("paired", [True, False])
def test_no_axes_are_one_point(paired):
    assert list(Sweep({}, paired=paired)) == [{}]


def test_axes_of_different_lengths_are_not_taken_side_by_side():
    with pytest.raises(UsageError, match="a has 2, b has 1 values"):
        Sweep({"a": [1, 2], "b": [3]}, paired=True)


def test_an_axis_without_values_is_refused():
    with pytest.raises(UsageError, match="seed is an empty list"):
        Sweep({"seed": []})


def test_more_than_64_tasks_want_a_cap():
    with pytest.raises(UsageError, match=r"65 tasks, but at most 64 .*--max-cost"):
        Sweep({"seed": range(65)})
    assert len(Sweep({"seed": range(65)}, most=LARGEST_AGREED)) == 65


def test_a_parameter_that_takes_a_list_is_no_axis():
    given = {"seed": [1, 2], "lora": [{"model": "civitai:1@1"}], "reference_images": ["a", "b"]}

    assert listed("image", given, bundled()) == {"seed": [1, 2]}
