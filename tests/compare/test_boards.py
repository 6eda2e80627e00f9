"""Boards: the cells of a grid, laid out, filtered and ordered, whatever became of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runware_nb.api.results import Result
from runware_nb.api.tasks import Task
from runware_nb.compare.boards import Board, Pivot, alike
from runware_nb.errors import InvalidTask, UnknownName, UsageError

AXES = {"prompt": ["a fox", "a city"], "model": ["flux", "sdxl", "sd3"], "seed": [1, 2]}


def make(point):
    return Task.of({"taskType": "textInference", **{f"x-{k}": str(v) for k, v in point.items()}})


@pytest.fixture
def board():
    return Board(AXES, make)


def done(board, cell, text="made", cost=0.01, latency=1.0):
    made = Result.of(cell.task, 0, {"text": text, "cost": cost}, latency=latency)
    cell.state, cell.results = "done", (made,)


def at(board, **point):
    return next(cell for cell in board.cells if board.place(cell) == point)


def test_a_board_has_a_cell_for_each_point_the_first_axis_varying_slowest(board):
    assert len(board) == 12
    assert board.place(board.cells[0]) == {"prompt": "a fox", "model": "flux", "seed": 1}
    assert board.place(board.cells[1]) == {"prompt": "a fox", "model": "flux", "seed": 2}
    assert board.place(board.cells[-1]) == {"prompt": "a city", "model": "sd3", "seed": 2}


@pytest.mark.parametrize("rows", [None, *AXES])
@pytest.mark.parametrize("cols", [None, *AXES])
def test_any_two_axes_are_rows_and_columns_and_the_rest_pages(board, rows, cols):
    page = board.page(Pivot(rows, cols))
    cols = None if cols == rows else cols

    assert len(page.rows) == len(AXES.get(rows, [0]))
    assert len(page.cols) == len(AXES.get(cols, [0]))
    for r, row in enumerate(page.rows):
        for c, cell in enumerate(row.cells):
            place = board.place(cell)
            assert rows is None or place[rows] == AXES[rows][r]
            assert cols is None or place[cols] == AXES[cols][c]
            assert all(place[name] == AXES[name][0] for name in AXES if name not in {rows, cols})


@given(st.lists(st.integers(1, 4), min_size=0, max_size=4), st.data())
def test_the_pages_of_a_pivot_hold_every_cell_once(lengths, data):
    axes = {f"axis {n}": list(range(length)) for n, length in enumerate(lengths)}
    board = Board(axes, make)
    rows, cols = (data.draw(st.sampled_from([None, *axes])) for _ in range(2))
    rest = [name for name in axes if name not in {rows, None if cols == rows else cols}]
    seen = []
    for cell in board.cells:
        pages = {name: cell.point[list(axes).index(name)] for name in rest}
        if all(cell.point[list(axes).index(name)] == 0 for name in axes if name not in rest):
            seen += board.page(Pivot(rows, cols, pages)).ids

    assert sorted(seen) == list(range(len(board)))


def test_an_extended_axis_brings_new_cells_and_leaves_the_old_as_they_are(board):
    before = [(cell.id, cell.point, cell.task.task_uuid) for cell in board.cells]
    fresh = board.extend("model", ["imagen", "flux"])

    assert [(cell.id, cell.point, cell.task.task_uuid) for cell in board.cells[:12]] == before
    assert {board.place(cell)["model"] for cell in fresh} == {"imagen"}
    assert [cell.id for cell in fresh] == [12, 13, 14, 15]
    assert len(board.page(Pivot("seed", "model")).cols) == 4


def test_an_extension_that_is_refused_changes_nothing(board):
    def refuse(point):
        raise InvalidTask("no")

    board._make = refuse

    with pytest.raises(InvalidTask):
        board.extend("seed", [3])

    assert (len(board), board.axes["seed"]) == (12, [1, 2])


@pytest.mark.parametrize(
    ("axes", "told"),
    [
        ({"seed": []}, "empty"),
        ({"seed": [1, 2, 1]}, "twice"),
        ({"a": list(range(101)), "b": list(range(100))}, "10,000"),
    ],
)
def test_axes_that_make_no_grid_are_refused(axes, told):
    with pytest.raises(UsageError, match=told):
        Board(axes, make)


@pytest.mark.parametrize("pivot", [Pivot("sed"), Pivot(filter="fail"), Pivot(sort="price")])
def test_what_a_pivot_does_not_know_is_named(board, pivot):
    with pytest.raises(UnknownName):
        board.settled(pivot)


def test_pages_outside_their_axis_are_brought_into_it(board):
    assert board.settled(Pivot("seed", None, {"prompt": 9, "model": -3})).pages == {"prompt": 1, "model": 0}


def test_filters_show_the_rows_they_name(board):
    stars = {}
    board._stars = lambda cell: stars.get(cell.id)
    for cell in board.cells:
        done(board, cell)
    at(board, prompt="a fox", model="flux", seed=2).state = "failed"
    stars[at(board, prompt="a fox", model="sdxl", seed=1).id] = 4
    done(board, at(board, prompt="a fox", model="sd3", seed=2), text="other")

    def shown(name):
        rows = board.page(Pivot("model", "seed", filter=name)).rows
        return [board.axes["model"][row.index] for row in rows]

    assert shown("failed") == ["flux"]
    assert shown("rated") == ["sdxl"]
    assert shown("different") == ["sd3"]
    assert shown("unrated") == ["flux", "sdxl", "sd3"]
    assert board.page(Pivot("model", "seed", filter="failed")).hidden == 2


def test_rows_are_ordered_by_what_is_asked_the_unknown_last(board):
    stars = {}
    board._stars = lambda cell: stars.get(cell.id)
    done(board, at(board, prompt="a fox", model="flux", seed=1), cost=0.05, latency=1.0)
    done(board, at(board, prompt="a fox", model="sd3", seed=1), cost=0.01, latency=9.0)
    stars[at(board, prompt="a fox", model="sdxl", seed=2).id] = 5

    def order(name):
        return [board.axes["model"][row.index] for row in board.page(Pivot("model", "seed", sort=name)).rows]

    assert order("cost") == ["sd3", "flux", "sdxl"]
    assert order("time") == ["flux", "sd3", "sdxl"]
    assert order("rating") == ["sdxl", "flux", "sd3"]


def test_cells_that_look_the_same_are_told(board):
    one = at(board, prompt="a fox", model="flux", seed=1)
    other = at(board, prompt="a fox", model="flux", seed=2)
    far = at(board, prompt="a city", model="sdxl", seed=2)
    for cell in (one, other, far):
        done(board, cell, text="the very same")
    one.looks, other.looks = 0b1011, 0b1000

    assert alike(one, other)
    assert board.twin(other) is one
    assert board.twin(one) is None
    assert board.twin(far) is None


def test_a_failed_cell_tries_again_under_a_new_uuid(board):
    cell = board.cells[0]
    old = cell.task.task_uuid
    task = board.again(cell)

    assert task.task_uuid != old
    assert board.cell_of(old) is None
    assert board.cell_of(task.task_uuid) is cell
    assert {k: v for k, v in task.to_wire().items() if k != "taskUUID"} == {
        k: v for k, v in make(board.place(cell)).to_wire().items() if k != "taskUUID"
    }
