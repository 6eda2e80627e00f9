"""A frame is made a column at a time, and must be what it would be made a row at a time."""

from __future__ import annotations

import gc
import json
import math
import random
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import pytest

from runware_nb import errors
from runware_nb.api.results import Asset, Result
from runware_nb.api.runs import Arrived, Refused, Run
from runware_nb.api.tasks import Task
from runware_nb.compare import frames
from runware_nb.compare.frames import frame, history_frame
from runware_nb.compare.history import History
from runware_nb.compare.opinions import Opinion
from runware_nb.memory.ledger import Intent, Ledger
from tests.compare import rowwise, thousand

TASKS = (
    {"taskType": "imageInference", "model": "a:1@1", "positivePrompt": "a fox", "width": 64, "seed": 5},
    {"taskType": "imageInference", "model": "a:1@1", "positivePrompt": "füchse \ud800", "numberResults": 2, "seed": 6},
    {"taskType": "imageInference", "positivePrompt": "x", "negativePrompt": "x", "height": True, "CFGScale": 7.5},
    {"taskType": "imageInference", "inputs": {"seedImage": "data:image/png;base64," + "A" * 5000}, "includeCost": True},
    {"taskType": "audioInference", "model": "b:2@1", "speech": {"text": "hello"}, "deliveryMethod": "async"},
    {"taskType": "textInference", "messages": [{"role": "user", "content": 'say "hi"\n'}], "webhookURL": "https://x"},
    {"taskType": "imageUpload", "image": "A" * 2000, "tags": ["a", "B" * 1500, None]},
    {"taskType": "newerThanThis", "ünicode": "ß", "big": 2**70, "nothing": None},
)
ITEMS = (
    {"imageURL": "https://im.example/x.jpg", "imageUUID": "u", "seed": 7, "cost": 0.5, "NSFWContent": False},
    {"imageURL": "https://im.example/ü.jpg", "seed": 2**63, "cost": math.nan, "NSFWContent": "yes"},
    {"text": "words \udfff", "finishReason": "stop", "cost": 0},
    {"text": 5, "finishReason": {"why": 1}, "cost": True, "seed": True},
    {"audioURL": "https://im.example/x.mp3", "audioUUID": "", "cost": -1},
    {"outputs": {"files": [{"url": "https://im.example/x.glb", "uuid": "g"}]}, "cost": 1},
)
ERRORS = (
    errors.InvalidTask("width is 5.", code="invalidCustomWidth"),
    errors.Unreachable("no answer"),
    errors.Unreachable("no network", sent=False),
    errors.TaskTimeout("too long"),
    errors.ServerFailed("bad gateway \ud800", status=502),
    errors.BadAsset("broken"),
    errors.UsageError("no"),
)


def run_of(dice: random.Random, path) -> Run:
    """Make a run of some tasks, of which some gave results, some failed and some are under way."""
    tasks = [Task.of(dice.choice(TASKS)) for _ in range(dice.randrange(12))]
    axes = [{"style": dice.choice(["noir", 3, None, path]), "model": "m"} for _ in tasks] if dice.random() < 0.5 else []
    run = Run.of(tasks, dice.choice([None, "naïve", "hero"]), axes)
    for task in tasks:
        for index in range(dice.randrange(3)):
            result = Result.of(task, index, dice.choice(ITEMS), sandbox=dice.random() < 0.4)
            run = run.after(Arrived(replace(result, **facts_of(dice, result, path))))
        if dice.random() < 0.4:
            run = run.after(Refused(task.task_uuid, dice.choice(ERRORS)))
    if dice.random() < 0.2:
        run = run.after(Refused("nobody", errors.RateLimited("slow down")))
        run = replace(run, problems=(*run.problems, ("nobody", errors.RateLimited("slow down"))))
    return replace(run, notebook=dice.choice([None, "ä.ipynb"]), cell=dice.choice([None, "c1"]))


def facts_of(dice: random.Random, result: Result, path) -> dict:
    kept = {
        "path": path,
        "bytes": 9,
        "width": 2**70,
        "height": 32,
        "duration": dice.choice([math.inf, 1.5]),
        "stored": "s3://b",
    }
    assets = tuple(replace(asset, **kept) if dice.random() < 0.5 else asset for asset in result.assets)
    return {"assets": assets, "cached": dice.random() < 0.3, "latency": dice.choice([None, 1.5, math.nan, 3])}


@pytest.mark.parametrize("seed", range(20))
def test_a_frame_of_runs_is_that_made_a_row_at_a_time(seed, tmp_path):
    dice = random.Random(seed)
    runs = [run_of(dice, tmp_path / "ö.png") for _ in range(dice.randrange(5))]

    must = rowwise.reference(row for run in runs for row in rowwise.rows_of(run))

    pd.testing.assert_frame_equal(frame(runs), must)


def test_a_frame_of_rows_that_are_alike_is_that_made_a_row_at_a_time():
    tasks = [Task.of({**TASKS[0], "seed": n}) for n in range(50)]
    results = tuple(Result(t, 0, ITEMS[0], (Asset("image", "imageURL", url="https://x"),), 1.0) for t in tasks)
    run = Run(tuple(tasks), results, started=datetime.now(UTC))

    pd.testing.assert_frame_equal(frame([run]), rowwise.reference(rowwise.rows_of(run)))


ODD = (
    {"positivePrompt": "x", "negativePrompt": "x", "steps": 2},
    {"positivePrompt": "x", "negativePrompt": "y", "steps": 2.0},
    {"positivePrompt": "y", "negativePrompt": "z\nü", "steps": True, "numberResults": 1},
    {"steps": None, "numberResults": 3, "seed": True},
    {"steps": [1, {"a": "B" * 2000}], "seed": 1},
    {"seed": 2**63},
    {},
)


@pytest.mark.parametrize("kind", ["imageInference", "upscale", "promptEnhance"])
def test_settings_that_are_equal_but_not_the_same_are_told_apart(kind):
    tasks = [Task.of({"taskType": kind, **ODD[n % len(ODD)]}) for n in range(30)]
    results = tuple(
        Result(t, 0, {"NSFWContent": n % 3 or False, "seed": [1, True, 1.0][n % 3]}) for n, t in enumerate(tasks)
    )
    runs = [Run(tuple(tasks), results), Run.of(tasks), Run.of([tasks[0]] * 3)]

    for part in ([runs[0]], runs[1:], runs):
        must = rowwise.reference(row for run in part for row in rowwise.rows_of(run))
        pd.testing.assert_frame_equal(frame(part), must)


def test_lists_that_are_equal_but_not_the_same_are_told_apart():
    tasks = [Task.of({"taskType": "imageInference", "scales": [scale]}) for scale in (1, True, 1.0, 1)]

    assert [json.loads(told)["scales"] for told in frame([Run.of(tasks)]).parameters] == [[1], [True], [1.0], [1]]
    assert len(set(frame([Run.of(tasks)]).parameters)) == 3


@pytest.mark.parametrize("odd", [True, 1.0], ids=str)
def test_a_seed_that_is_true_is_none_though_it_equals_those_beside_it(odd):
    tasks = [Task.of({"taskType": "imageInference", "seed": seed}) for seed in (1, odd, 1)]

    assert list(frame([Run.of(tasks)]).seed.isna()) == [False, True, False]


def test_a_frame_without_arrow_is_the_same(monkeypatch):
    run = run_of(random.Random(3), None)
    with pd.option_context("mode.string_storage", "python"):
        must = frame([run])
        monkeypatch.setitem(sys.modules, "pyarrow", None)

        pd.testing.assert_frame_equal(frame([run]), must)


@pytest.mark.parametrize("batch", [7, 5_000])
async def test_a_frame_of_the_ledger_is_that_made_a_row_at_a_time(tmp_path, monkeypatch, batch):
    monkeypatch.setattr(frames, "_BATCH", batch)
    ledger = Ledger(tmp_path / "ledger.sqlite")
    await ledger.totals()
    thousand.fill(ledger.path, tmp_path)
    entries = History(ledger).entries()
    ledger.close()
    entries = [
        entry._replace(axes=json.dumps({"style": number % 3}) if number % 2 else None, cell="c" if number % 5 else None)
        for number, entry in enumerate(entries)
    ]

    def opinion(key: str) -> Opinion:
        return Opinion(4, "good ü", ("keep", "cover")) if key.endswith("7") else Opinion()

    must = rowwise.reference(rowwise.row_of(entry, opinion(entry.key)) for entry in entries)

    pd.testing.assert_frame_equal(history_frame(entries, opinion), must)


@pytest.mark.parametrize("enabled", [True, False])
def test_a_frame_of_the_ledger_leaves_the_collector_as_it_was(enabled):
    def broken():
        assert not gc.isenabled()
        raise LookupError
        yield

    was = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        with pytest.raises(LookupError):
            history_frame(broken())
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if was else gc.disable)()


async def test_rows_that_a_quick_reader_of_json_refuses_are_rows_of_the_frame(tmp_path):
    ledger = Ledger(tmp_path / "ledger.sqlite")
    deep = json.loads("[" * 300 + "]" * 300)
    asked = Task.of({"taskType": "textInference", "positivePrompt": "half \ud800", "deep": deep})
    await ledger.intend([Intent(asked, "ab" * 32, None)], base_url="https://x", folder=tmp_path)
    ledger.keep(Result.of(asked, 0, {"text": "half \udfff", "cost": math.nan}))
    ledger.finish(asked.task_uuid)
    table = History(ledger).df
    ledger.close()

    assert (table.prompt[0], table.text[0], table.cost_usd.isna()[0]) == ("half ?", "half ?", True)
