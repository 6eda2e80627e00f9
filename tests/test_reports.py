"""Reports: one page, whole without a network, of which the run is made again."""

from __future__ import annotations

import re

import pytest

import runware_nb
from runware_nb import door
from runware_nb.compare.contests import Contest
from runware_nb.display.builds import built
from runware_nb.errors import UsageError
from runware_nb.sandbox import Sandbox

SMALL = {"model": "runware:101@1", "size": "128x128"}
EVIL = "a fox </pre><script>alert(1)</script>"


@pytest.fixture
async def rw(tmp_path, monkeypatch):
    with Sandbox(latency=(0, 0.02)) as box:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("RUNWARE_NB_HOME", str(tmp_path / "home"))
        for name, value in {"API_KEY": box.api_key, "BASE_URL": box.http_url, "WS_URL": box.ws_url}.items():
            monkeypatch.setenv(f"RUNWARE_{name}", value)
        yield runware_nb
        await door.reset()


async def judged(rw):
    """A grid that a person and a model have judged."""
    grid = rw.grid(prompt=[EVIL, "a city"], steps=[10, 20, 30], **SMALL)
    await grid.run()
    contest = Contest(grid.board, "steps", grid.key)
    for left, right in contest.pairs():
        grid.opinions.vote(contest.vote(left, right, "left", voter="ann"))
    await rw.judge(grid, "Which?", model="openai:gpt@5-mini", axis="steps", max_cost="none")
    return grid


async def test_a_report_tells_all_that_an_evaluator_would_hand_in(rw, tmp_path):
    grid = await judged(rw)
    text = rw.report(grid, "How many steps does a fox need?", tmp_path / "report.html").read_text()
    titles = re.findall(r"<h2[^>]*>(.*?)</h2>", text)

    assert titles == [
        "What was compared", "Prompts", "Ranks, by votes of people", "Ranks, by votes of models", "What differs",
        "Costs", "Samples", "How to do it again",
    ]  # fmt: skip
    assert "<h1" in text
    assert "How many steps does a fox need?" in text
    assert all(word in text for word in ("runware:101@1", "bfl-flux-1-dev", "steps", "samples, not the models"))


async def test_a_report_needs_nothing_from_outside_and_runs_no_script_but_ours(rw, tmp_path):
    text = rw.report(await judged(rw), "Q", tmp_path / "report.html").read_text()
    sources = re.findall(r'(?:src|href)="([^"]*)"', text)

    assert sources
    assert all(source.startswith("data:") for source in sources)
    assert re.findall("<script[^>]*>", text) == ['<script type="module">']
    assert built("pivot.mjs").strip() in text
    assert runware_nb.session().endpoint.key.reveal() not in text


async def test_the_run_of_a_report_comes_back(rw, tmp_path):
    grid = await judged(rw)
    back = await rw.load(rw.report(grid, "Q", tmp_path / "report.html"))
    run = grid.results

    assert [t.to_wire() for t in back.tasks] == [t.to_wire() for t in run.tasks]
    assert [(dict(r.wire), r.latency, r.path) for r in back] == [
        (dict(r.wire), r.latency, r.path.absolute()) for r in run
    ]
    assert back.axes == run.axes


async def test_a_run_that_varies_nothing_has_a_report_too(rw, tmp_path):
    run = await rw.text("why?", max_cost="none")

    assert "How to do it again" in rw.report(run, "Why?", tmp_path / "why.html").read_text()
    with pytest.raises(UsageError, match=r"end in \.html"):
        rw.report(run, "Why?", tmp_path / "why.pdf")
    (tmp_path / "other.html").write_text("<p>nothing</p>")
    with pytest.raises(UsageError, match="no run that was exported"):
        await rw.load(tmp_path / "other.html")
