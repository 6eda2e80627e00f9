"""Grids: filled from the background loop, paused, stopped, retried, resumed and extended, and never paid for twice."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
import time

import pytest

import runware_nb
from runware_nb import door
from runware_nb.errors import UnknownName, UsageError
from runware_nb.grids import Grid
from runware_nb.sandbox import Sandbox
from runware_nb.sandbox.faults import Fault

SMALL = {"model": "bfl-flux-1-dev", "size": "128x128"}


@pytest.fixture
def box():
    with Sandbox(latency=(0.05, 0.1)) as box:
        yield box


@pytest.fixture
def place(box, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUNWARE_NB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RUNWARE_API_KEY", box.api_key)
    monkeypatch.setenv("RUNWARE_BASE_URL", box.http_url)
    monkeypatch.setenv("RUNWARE_WS_URL", box.ws_url)


@pytest.fixture
async def rw(place):
    yield runware_nb
    await door.reset()


def until(condition, timeout=10):
    """Wait for what comes from another thread."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.01)


async def test_a_grid_makes_a_cell_for_each_combination(rw, box):
    grid = rw.grid(prompt=["a fox", "a city"], seed=[1, 2, 3], **SMALL)
    run = await grid.run()

    assert grid.shape == (2, 3)
    assert [(r.prompt, r.task.to_wire()["seed"]) for r in run] == [
        (prompt, seed) for prompt in ("a fox", "a city") for seed in (1, 2, 3)
    ]
    assert grid.state == "done"
    assert len(box.billed()) == 6
    assert run.where(prompt="a city", seed=2)[0].path.is_file()


async def test_running_returns_at_once(rw):
    grid = rw.grid(prompt=["a fox"], seed=list(range(30)), **SMALL)
    grid.run()
    state = grid.state
    await grid

    assert (state, grid.state) == ("running", "done")


async def test_each_model_makes_what_it_makes(rw):
    grid = rw.grid(prompt="a fox", model=["bfl-flux-1-dev", "minimax:m3@0"])
    run = await grid.run()

    assert [r.medium for r in run] == ["image", "text"]


async def test_a_wrong_cell_is_refused_before_anything_is_sent(rw, box):
    with pytest.raises(UsageError, match="width"):
        rw.grid(prompt="a fox", width=[512, 513], model="bfl-flux-1-dev")

    assert box.billed() == {}


async def test_what_is_here_is_not_paid_for_again_and_shows_before_it_runs(rw, box):
    await rw.image("a fox", seed=1, **SMALL)
    grid = rw.grid(prompt="a fox", seed=[1, 2], **SMALL)
    quote = grid.estimate()
    grid.peek()
    until(lambda: grid.board.count("done") == 1)
    run = await grid.run()

    assert (quote.make, quote.here) == (1, 1)
    assert [r.cached for r in run] == [True, False]
    assert len(box.billed()) == 2


async def test_an_extended_axis_runs_only_what_is_new(rw, box):
    grid = rw.grid(prompt=["a fox", "a city"], seed=[1], **SMALL)
    await grid.run()
    run = await grid.extend(seed=[2, 3]).run()

    assert len(run) == 6
    assert len(box.billed()) == 6
    assert grid.state == "done"


async def test_an_extension_of_no_axis_is_refused(rw):
    grid = rw.grid(prompt=["a fox"], seed=[1], **SMALL)

    with pytest.raises(UnknownName, match="steps"):
        grid.extend(steps=[10])


async def test_a_failed_cell_says_why_and_can_be_retried(rw, box):
    box.inject(Fault("failed-in-data", "job", code="inferenceError", times=2))
    grid = rw.grid(prompt="a fox", seed=[1, 2, 3, 4], **SMALL)
    await grid.run()
    failed = [cell for cell in grid.board.cells if cell.state == "failed"]
    errors = [str(cell.error) for cell in failed]
    run = await grid.retry()

    assert len(failed) == 2
    assert all("inferenceError" in error for error in errors)
    assert (len(run), run.problems, grid.board.count("done")) == (4, (), 4)
    assert len(box.billed()) == 4


async def test_a_cap_holds_and_says_so(rw, box):
    grid = rw.grid(prompt="a fox", seed=list(range(20)), **SMALL)
    price = grid.estimate().usd
    await grid.run(max_cost=price / 2)

    assert grid.state == "stopped"
    assert "may be spent" in grid.told
    assert sum(bill.usd for bill in box.billed().values()) <= price / 2


async def test_a_paused_grid_sends_nothing_more_and_goes_on_when_told(rw):
    with Sandbox(latency=(2.0, 2.5)) as slow:
        rw.session().endpoint = door.Endpoint(slow.http_url, slow.ws_url, door.Secret(slow.api_key), sandbox=True)
        grid = rw.grid(prompt="a fox", seed=list(range(400)), **SMALL)
        grid.run()
        until(lambda: grid._waves)
        grid.pause()
        until(lambda: not grid._waves)
        paused = len(slow.billed())
        assert grid.state == "paused"
        run = await grid.resume()

        assert 0 < paused <= 200
        assert len(run) == len(slow.billed()) == 400
        assert len({r.task.task_uuid for r in run}) == 400


async def test_a_stopped_grid_keeps_what_it_has_and_resumes_without_paying_twice(rw):
    with Sandbox(latency=(0.5, 2.0)) as slow:
        session = rw.session()
        session.endpoint = door.Endpoint(slow.http_url, slow.ws_url, door.Secret(slow.api_key), sandbox=True)
        grid = rw.grid(prompt="a fox", seed=list(range(40)), **SMALL)
        grid.run()
        until(lambda: 0 < grid.board.count("done") < 40)
        grid.stop()
        await grid
        had = grid.board.count("done")
        run = await grid.resume()

        assert 0 < had < 40
        assert len(run) == 40
        assert len(slow.billed()) == 40


KILLED = """
    import asyncio, os, runware_nb as rw
    grid = rw.grid(prompt=["a fox", "a city"], seed=list(range(30)), model="bfl-flux-1-dev", size="128x128")
    grid.watch(lambda _: grid.board.count("done") >= 20 and os.kill(os.getpid(), 9))
    grid.run()
    asyncio.run(asyncio.sleep(60))
"""


async def test_a_killed_kernel_loses_nothing_and_only_what_is_missing_runs(place, tmp_path):
    with Sandbox(latency=(0.1, 1.0)) as box:
        environment = {"RUNWARE_API_KEY": box.api_key, "RUNWARE_BASE_URL": box.http_url, "RUNWARE_WS_URL": box.ws_url}
        environment |= {"RUNWARE_NB_HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin"}
        dead = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(KILLED)], env=environment, cwd=tmp_path, check=False
        )
        before = len(box.billed())
        for name, value in environment.items():
            if name.startswith("RUNWARE"):
                pytest.MonkeyPatch().setenv(name, value)
        grid = door.grid(prompt=["a fox", "a city"], seed=list(range(30)), **SMALL)
        run = await grid.resume()
        await door.reset()

    assert dead.returncode == -9
    assert len(run) == 60
    assert len(box.billed()) == 60
    assert before >= 20


async def test_opinions_are_columns_of_the_frame(rw):
    grid = rw.grid(prompt="a fox", seed=[1, 2], **SMALL)
    await grid.run()
    grid.rate(1, stars=5, note="the one", tags=["keep"])
    again = rw.grid(prompt="a fox", seed=[1, 2], **SMALL)
    await again.run()

    assert again.df[["seed", "stars", "note", "tags"]].to_dict("list") == {
        "seed": [1, 2], "stars": [None, 5], "note": [None, "the one"], "tags": [None, "keep"],
    }  # fmt: skip


async def test_results_that_look_the_same_are_found(rw):
    grid = rw.grid(prompt="a fox", seed=[1, 2], **SMALL)
    await grid.run()
    until(lambda: all(cell.looks is not None for cell in grid.board.cells))

    assert grid.board.cells[0].looks != grid.board.cells[1].looks


async def test_it_can_be_saved_as_a_page_a_folder_a_picture_and_a_parcel(rw, tmp_path):
    grid = rw.grid(prompt=["a fox", "<script>alert(1)</script>"], seed=[1, 2], **SMALL)
    await grid.run()
    page = grid.to_html(tmp_path / "grid.html").read_text()
    index = grid.to_html(tmp_path / "folder")
    picture = grid.to_png(tmp_path / "grid.png")
    back = await rw.load(grid.save(tmp_path / "grid.zip"))

    assert page.count("data:image/webp") == 4
    assert re.findall("<script[^>]*>", page) == ['<script type="module">']  # ours
    assert not re.findall(r'(?:src|href)="(?!data:)', page)
    assert len(list((index.parent / "media").iterdir())) == 4
    assert index.read_text().count('href="media/') == 4
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert len(back) == 4


@pytest.mark.parametrize("name", ["grid.html", "folder", "grid.zip"])
async def test_a_saved_grid_comes_back_as_an_equal_run(rw, tmp_path, name):
    grid = rw.grid(prompt=["a fox", "</pre><script>alert(1)</script>"], seed=[1, 2], **SMALL)
    await grid.run()
    target = tmp_path / name
    back = await rw.load(grid.save(target) if name.endswith(".zip") else grid.to_html(target))
    run = grid.results

    def facts(run):
        return [(r.task.to_wire(), r.index, dict(r.wire), r.latency, r.sandbox, r.path.absolute()) for r in run]

    assert facts(back) == facts(run)
    assert (back.name, back.axes, back.started, back.finished) == (run.name, run.axes, run.started, run.finished)
    assert [r.cached for r in back] == [r.cached for r in run]


async def test_a_grid_saved_twice_and_saved_again_where_it_came_to_is_the_same_file(rw, tmp_path):
    grid = rw.grid(prompt=["a fox", "a city"], seed=[1, 2], **SMALL)
    await grid.run()
    first = grid.save(tmp_path / "first.zip").read_bytes()
    second = grid.save(tmp_path / "second.zip").read_bytes()
    back = (await rw.load(tmp_path / "first.zip")).grid()

    assert second == first
    assert back.save(tmp_path / "third.zip").read_bytes() == first
    assert (back.axes, back.state) == (grid.axes, grid.state)


async def test_when_it_began_and_ended_stays_as_it_was(rw):
    grid = rw.grid(prompt=["a fox"], seed=[1], **SMALL)
    before = grid.results
    await grid.run()
    after = grid.results

    assert before.finished is None
    assert (grid.results.started, grid.results.finished) == (after.started, after.finished)
    assert before.started <= after.started <= after.finished


async def test_after_a_pilot_the_estimate_of_the_rest_goes_by_what_its_cells_did_cost(rw):
    grid = rw.grid(prompt=["a fox"], seed=[1, 2], **SMALL)
    pilot = await grid.run()
    grid.extend(seed=[3, 4, 5, 6])
    rest = grid.estimate()

    assert (rest.here, rest.make) == (2, 4)
    assert "your" in rest.basis
    assert rest.likely == pytest.approx(2 * sum(r.cost for r in pilot))
    assert rest.low <= rest.likely <= rest.high


async def test_a_folder_that_was_moved_brings_its_files_along(rw, tmp_path):
    grid = rw.grid(prompt=["a fox"], seed=[1, 2], **SMALL)
    await grid.run()
    grid.to_html(tmp_path / "folder")
    for result in grid.results:
        result.path.unlink()
    back = await rw.load((tmp_path / "folder").rename(tmp_path / "moved") / "index.html")

    assert [r.path.parent.name for r in back] == ["media", "media"]


async def test_a_contact_sheet_says_what_is_what(rw, tmp_path):
    from PIL import Image

    grid = rw.grid(prompt=["a fox"], seed=[1, 2], **SMALL)
    await grid.run()
    sheet = Image.open(grid.to_png(tmp_path / "grid.png")).convert("L")
    columns, row = sheet.crop((0, 0, sheet.width, 32)), sheet.crop((0, 36, sheet.width, 64))

    assert columns.getextrema()[0] < 100  # ink over both columns, and over the row
    assert columns.crop((sheet.width // 2, 0, sheet.width, 32)).getextrema()[0] < 100
    assert row.getextrema()[0] < 100


async def test_a_run_of_a_sweep_becomes_a_grid_without_a_new_task(rw, box):
    run = await rw.image(["a fox", "a city"], seed=[1, 2], **SMALL)
    grid = run.grid()

    assert (grid.shape, grid.state, len(grid.results)) == ((2, 2), "done", 4)
    assert [r.path for r in grid.results] == [r.path for r in run]
    assert len(box.billed()) == 4


async def test_a_run_that_varies_nothing_is_no_grid(rw):
    run = await rw.image("a fox", **SMALL)

    with pytest.raises(UsageError, match="no grid"):
        run.grid()


async def test_a_price_that_wants_agreement_is_that_of_the_whole(rw, box, monkeypatch):
    monkeypatch.setenv("RUNWARE_CONFIRM_ABOVE", "0.1")
    grid = rw.grid(prompt="a fox", seed=list(range(100)), **SMALL)
    await grid.run()
    refused = grid.told
    run = await grid.run(max_cost=5)

    assert "agreed to" in refused
    assert len(run) == len(box.billed()) == 100


async def test_ten_thousand_cells_are_made_and_laid_out_in_a_moment(rw):
    started = time.process_time()
    grid = rw.grid(prompt=[f"a fox {n}" for n in range(1_000)], seed=list(range(10)), **SMALL)
    page = grid.board.page(grid.board.start())

    assert isinstance(grid, Grid)
    assert (len(grid), len(page.rows)) == (10_000, 1_000)
    assert time.process_time() - started < 20  # it takes about two


async def test_a_vote_is_on_a_pair_that_differs_on_one_axis(rw):
    grid = rw.grid(prompt=["a fox", "a city"], seed=[1, 2], **SMALL)
    grid.vote(0, 1, "left", ms=900)

    with pytest.raises(UsageError, match="differ on 2 axes"):
        grid.vote(0, 3, "left")
    with pytest.raises(UnknownName, match="winner"):
        grid.vote(0, 1, "first")
    assert [(v.winner, v.ms) for v in grid.opinions.votes] == [("left", 900)]
