"""The workbench without a browser: what a page asks, what it is told, and what is left when the grid is done."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from runware_nb import reprs
from runware_nb.loops import background
from runware_nb.sandbox import Fault, Sandbox
from runware_nb.workbench import Bench

SMALL = {"model": "bfl-flux-1-dev", "size": "128x128"}


@pytest.fixture
def box():
    with Sandbox(latency=(0, 0.02)) as box:
        yield box


async def until(condition, timeout=15):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        await asyncio.sleep(0.01)


class Page:
    """The page of a grid, as far as messages go."""

    def __init__(self, grid, *, stays=True):
        self.bench = Bench(grid, stays=stays)
        self.view = self.bench._view
        self.told = []
        self.view.send = lambda content, buffers=None: self.told.append((content, buffers or []))

    def asks(self, kind, **content):
        self.view._handle_custom_msg({"kind": kind, **content}, [])

    def cells(self):
        """Return what was told of cells last, by id."""
        return {cell["id"]: cell for content, _ in self.told if content["kind"] == "cells" for cell in content["cells"]}

    def heard(self):
        return sum(content["kind"] == "heard" for content, _ in self.told)


@pytest.fixture
async def page(rw):
    """The page of a grid of two prompts, two models and two seeds that is done."""
    models = ["bfl-flux-1-dev", "runware:100@1"]
    grid = rw.grid(prompt=["a fox", "a city"], model=models, seed=[1, 2], size="128x128")
    await grid.run()
    await until(lambda: all(cell.looks is not None for cell in grid.board.cells))  # they come late, and are changes
    made = Page(grid)
    made.grid = grid
    yield made
    made.bench._unwatch()


async def test_rows_and_columns_change_places_without_a_new_task(page, box):
    before = len(box.billed())
    page.asks("pivot", pivot={"rows": "seed", "cols": "prompt"})
    await until(lambda: page.view.pivot["rows"] == "seed")

    assert [head["label"] for head in page.view.page["cols"]] == ["a fox", "a city"]
    assert list(memoryview(page.view.ids).cast("I")) == [0, 4, 1, 5]
    assert len(box.billed()) == before


async def test_a_head_has_the_sum_of_prices_and_the_mean_of_times(page):
    row = page.view.page["rows"][0]
    cells = [page.grid.board.cells[i] for i in (0, 1)]

    assert row["cost"] == f"Σ\u00a0${sum(cell.cost for cell in cells):.4f}"
    assert row["time"].startswith("⌀\u00a0")


async def test_what_is_on_screen_is_told_with_its_pictures_and_nothing_else_is(page):
    page.asks("look", ids=[0, 1, 2], lack=[0, 2])
    await until(lambda: len(page.cells()) == 2)
    content, pictures = next(told for told in page.told if told[0]["kind"] == "cells")

    assert set(page.cells()) == {0, 2}
    assert [pictures[cell["thumb"]][:4] for cell in content["cells"]] == [b"RIFF", b"RIFF"]
    assert page.cells()[0]["point"] == [["prompt", "a fox"], ["model", "bfl-flux-1-dev"], ["seed", "1"]]


async def test_no_original_and_no_path_is_in_a_trait_or_a_message(page, tmp_path):
    page.asks("look", ids=list(range(8)), lack=list(range(8)))
    await until(lambda: len(page.cells()) == 8)
    told = json.dumps([page.view.get_state(), [content for content, _ in page.told]], default=str)

    assert str(tmp_path) not in told
    assert all(len(picture) < 40_000 for _, pictures in page.told for picture in pictures)


async def test_a_cell_that_changes_is_told_again_only_if_it_is_on_screen(page):
    page.asks("look", ids=[0], lack=[])
    page.asks("rate", id=0, stars=4)
    page.asks("rate", id=1, stars=2)
    await until(lambda: 0 in page.cells())

    assert page.cells()[0]["stars"] == 4
    assert 1 not in page.cells()
    assert [page.grid.opinion(cell).stars for cell in page.grid.board.cells[:2]] == [4, 2]


async def test_stars_notes_and_tags_do_not_undo_each_other(page):
    page.asks("rate", id=3, stars=5)
    page.asks("note", id=3, text="the one")
    page.asks("tags", id=3, tags=["keep"])
    await until(lambda: page.grid.opinion(page.grid.board.cells[3]).tags)  # what is asked last; heard is not yet done
    thought = page.grid.opinion(page.grid.board.cells[3])

    assert (thought.stars, thought.note, thought.tags) == (5, "the one", ("keep",))


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "pivot"}, {"kind": "pivot", "pivot": {"size": "x"}}, {"kind": "rate", "id": 99, "stars": 1},
        {"kind": "rate", "id": None}, {"kind": "look", "ids": 7, "lack": []}, {"kind": "look", "ids": [-1, 1e9, "x"], "lack": []},
        {"kind": "vote", "left": 0}, {"kind": "retry", "ids": [99]}, {"kind": "_unwatch"}, {"kind": None}, {},
    ],
)  # fmt: skip
async def test_what_makes_no_sense_changes_nothing_and_stops_nothing(page, content):
    before = page.view.pivot
    page.view._handle_custom_msg(content, [])
    page.asks("rate", id=0, stars=1)
    await until(lambda: page.grid.opinion(page.grid.board.cells[0]).stars == 1)

    assert page.view.pivot == before


async def test_an_axis_that_is_not_there_is_told_on_the_page(page):
    page.asks("pivot", pivot={"rows": "steps"})
    await until(lambda: "steps" in page.view.progress["told"])

    assert page.view.pivot["rows"] == "model"


async def test_a_pair_is_blind_and_its_vote_is_kept_and_taken_back(page):
    page.asks("pair")
    await until(lambda: page.told and page.told[-1][0]["kind"] == "pair")
    pair = page.told[-1][0]["pair"]
    page.asks("vote", left=pair["left"], right=pair["right"], winner="right", ms=900)
    await until(lambda: len(page.grid.opinions.votes) == 1)
    (vote,) = page.grid.opinions.votes
    page.asks("undo")
    await until(lambda: not page.grid.opinions.votes)

    assert not {"model", "cost", "seed", "time"} & {name for s in pair["sources"] for name, _ in s["facts"]}
    assert "flux" not in json.dumps(pair)
    assert (vote.winner, vote.ms) == ("right", 900)


async def test_files_are_found_by_the_numbers_of_cells_alone(page):
    assert page.bench._file("1") == page.grid.board.cells[1].result.path
    assert [page.bench._file(key) for key in ("99", "-1", "../x", "", "1.5", "²")] == [None] * 6


async def test_a_grid_that_is_done_becomes_static_unless_the_user_has_touched_it(rw):
    frozen, touched = [], []
    for number, touches in ((1, False), (2, True)):
        page = Page(rw.grid(prompt="a fox", seed=[number], **SMALL), stays=False)
        if touches:
            page.asks("pivot", pivot={"size": 200})
        page.bench._grid.run()
        await page.bench._grid
        await asyncio.sleep(0.6)  # two updates
        (touched if touches else frozen).append(page.bench._is_frozen)

    assert (frozen, touched) == ([True], [False])


async def test_a_page_that_is_gone_does_not_stop_the_grid(rw, box):
    page = Page(rw.grid(prompt="a fox", seed=list(range(60)), **SMALL), stays=False)
    grid = page.bench._grid

    def gone(*_):
        raise OSError("closed")

    page.view.send = page.view.send_state = gone
    page.asks("look", ids=list(range(60)), lack=list(range(60)))
    run = await grid.run()

    assert len(run) == len(box.billed()) == 60


async def test_the_page_pauses_goes_on_stops_and_retries(rw, box):
    box.inject(Fault("failed-in-data", "job", code="inferenceError", times=1))
    page = Page(rw.grid(prompt="a fox", seed=list(range(120)), **SMALL))
    grid = page.bench._grid
    page.asks("run")
    page.asks("pause")
    await until(lambda: page.view.progress["state"] == "paused")
    page.asks("go")
    await grid
    await until(lambda: page.view.progress["failed"] == 1)
    page.asks("retry")
    await until(lambda: page.view.progress["done"] == 120)

    assert page.view.states == "d" * 120
    assert len(box.billed()) == 120
    assert page.heard() == 4


async def test_a_busy_main_thread_holds_up_nothing(rw):
    page = Page(rw.grid(prompt="a fox", seed=[1, 2, 3], **SMALL))
    page.asks("run")
    deadline = time.monotonic() + 15
    while page.view.progress["done"] < 3:  # as a cell that computes: this thread's loop never turns
        assert time.monotonic() < deadline
        time.sleep(0.01)

    assert page.heard() == 1
    assert background().is_running()


async def test_twenty_grids_of_sixty_cells_take_less_than_two_megabytes_of_a_notebook_that_keeps_widget_state(rw):
    grid = rw.grid(prompt=[f"a fox {n}, in the snow, at dusk" for n in range(6)], seed=list(range(10)), **SMALL)
    await grid.run()
    page = Page(grid)
    page.asks("look", ids=list(range(60)), lack=list(range(60)))
    await until(lambda: len(page.cells()) == 60)
    size = sum(
        len(v) if isinstance(v, bytes | memoryview) else len(json.dumps(v)) for v in page.view.get_state().values()
    )

    assert 20 * size < 2_000_000


async def test_a_thousand_pictures_make_a_notebook_of_less_than_twelve_megabytes(rw):
    samples = await rw.image("a fox", seed=list(range(40)), model="bfl-flux-1-dev", size="512x512")
    grid = rw.grid(prompt=[f"a fox {n}" for n in range(100)], seed=list(range(10)), **SMALL)
    for cell in grid.board.cells:
        cell.state, cell.results = "done", (samples[cell.id % 40],)

    data, _ = reprs.mimebundle(grid.snapshot())

    assert data["text/html"].count('src="data:image/webp') == 1_000
    assert len(json.dumps(data)) < 12_000_000  # 2.9 million here; at most 4,500 bytes a picture
