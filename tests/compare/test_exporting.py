"""Exports: every one brings back an equal run, holds no secret, and no cell is a formula."""

from __future__ import annotations

import csv
import json

import pandas as pd
import pytest

from runware_nb import door, errors, hindsight
from runware_nb.api.results import Result
from runware_nb.api.runs import Arrived, Refused, Run
from runware_nb.api.tasks import Task
from runware_nb.errors import UsageError
from runware_nb.memory import records
from runware_nb.sandbox import Sandbox
from runware_nb.sessions import Session
from runware_nb.settings import Endpoint, Secret

IMAGE = {"taskType": "imageInference", "model": "runware:101@1", "width": 128, "height": 128}
EVIL = '=HYPERLINK("http://x") ``` <script>alert(1)</script> | `a` [b](javascript:x) ünï \ud800'


@pytest.fixture
async def session(tmp_path, monkeypatch):
    with Sandbox(latency=(0, 0.02)) as box:
        place = Endpoint(box.http_url, box.ws_url, Secret(box.api_key))
        async with Session(place, folder=tmp_path / "out", ledger=tmp_path / "ledger.sqlite") as session:
            monkeypatch.setattr(door, "session", lambda: session)
            yield session


async def made(session):
    """A run with pictures on axes, a failure of two kinds, and a task that is open."""
    points = [{"style": "noir", "seed": n} for n in (1, 2)]
    run = await session.run(
        [{**IMAGE, "positivePrompt": EVIL[:-1], "seed": p["seed"]} for p in points], name="=r", axes=points
    )
    extra = [
        Task.of({**IMAGE, "positivePrompt": f"no {n}", "webhookURL": "https://h.example/secret"}) for n in range(3)
    ]
    told = Run.of([*run.tasks, *extra], "=r", [*points, {"style": "x"}]).after(Arrived(run[0])).after(Arrived(run[1]))
    told = told.after(
        Refused(extra[0].task_uuid, errors.ContentRefused("no |", code="promptBlocked", task_uuids=["u"]))
    )
    return told.after(Refused(extra[1].task_uuid, errors.Unreachable("lost"))).end()


def facts(run):
    """All that makes a run what it is."""
    return {
        "tasks": [{k: v for k, v in t.to_wire().items() if k != "webhookURL"} for t in run.tasks],
        "results": [
            (r.task.task_uuid, r.index, dict(r.wire), r.assets, r.latency, r.sandbox, r.cached) for r in run.results
        ],
        "problems": [(u, type(e), str(e), getattr(e, "code", None)) for u, e in run.problems],
        "rest": (run.name, run.started, run.finished, run.axes, run.stages, run.notebook, run.cell, run.steps),
    }


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".parquet", ".md"])
async def test_an_export_comes_back_as_an_equal_run(session, tmp_path, ending):
    run = await made(session)
    target = hindsight.export(run, tmp_path / f"run{ending}")
    back = await hindsight.load(target)

    assert facts(back) == facts(run)
    assert all(r.path.is_file() for r in back)
    pd.testing.assert_frame_equal(back.df, run.df.assign(parameters=back.df["parameters"]))


async def test_a_zip_comes_back_too(session, tmp_path):
    run = await made(session)
    back = await hindsight.load(hindsight.export(run, tmp_path / "run.zip"))

    assert [r.seed for r in back] == [1, 2]


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".parquet", ".md"])
async def test_no_export_holds_an_address_that_is_a_secret_or_the_key(session, tmp_path, ending):
    data = hindsight.export(await made(session), tmp_path / f"run{ending}").read_bytes()

    assert b"h.example" not in data
    assert session.endpoint.key.reveal().encode() not in data


async def test_no_cell_of_a_csv_is_a_formula_and_its_numbers_stay_numbers(session, tmp_path):
    target = hindsight.export(await made(session), tmp_path / "run.csv")
    rows = list(csv.reader(target.read_text().splitlines()))
    table = pd.read_csv(target)

    assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t")]
    assert table["prompt"][0].startswith("'=HYPERLINK")
    assert table["sandbox_usd"].sum() > 0


async def test_parquet_has_the_columns_of_the_frame_and_the_record(session, tmp_path):
    run = await made(session)
    table = pd.read_parquet(hindsight.export(run, tmp_path / "run.parquet"))

    pd.testing.assert_frame_equal(table.drop(columns="record"), run.df)
    assert json.loads(table["record"][0])["response"]["seed"] == 1


async def test_rows_of_an_exported_table_are_brought_back_without_the_ledger(session, tmp_path):
    run = await made(session)
    table = pd.read_parquet(hindsight.export(run, tmp_path / "run.parquet")).assign(task_uuid="unknown here")

    assert [r.seed for r in table.head(1).rw.restore()] == [1]


async def test_jsonl_is_a_request_and_its_response_a_line(session, tmp_path):
    lines = hindsight.export(await made(session), tmp_path / "run.jsonl").read_text().splitlines()
    told = [json.loads(line) for line in lines]

    assert len(told) == 5
    assert told[0]["request"]["positivePrompt"].startswith("=HYPERLINK")
    assert told[0]["response"]["cost"] > 0


async def test_markdown_takes_words_of_others_for_words(session, tmp_path):
    text = hindsight.export(await made(session), tmp_path / "run.md").read_text()
    readable = text[: text.index("```jsonl")]

    assert "<script" not in readable
    assert "](javascript" not in readable
    assert "![" in readable
    assert "(out/sandbox-" in readable
    assert text.count("\n```") == 2


async def test_a_file_elsewhere_is_not_taken_though_an_export_names_it(session, tmp_path):
    run = await made(session)
    target = hindsight.export(run, tmp_path / "run.jsonl")
    secret = tmp_path / "deep" / "secret.png"
    secret.parent.mkdir()
    secret.write_bytes(run[0].path.read_bytes())
    target.write_text(target.read_text().replace(str(run[0].path), str(secret)))
    back = await hindsight.load(target)

    assert [r.path is not None for r in back] == [False, True]


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 1}', '{"version": 9, "place": 0}', "null", '{"a": ' * 5_000])
async def test_what_is_no_export_is_refused_in_a_line(session, tmp_path, text):
    (tmp_path / "x.jsonl").write_text(text)

    with pytest.raises(UsageError, match=r"x\.jsonl"):
        await hindsight.load(tmp_path / "x.jsonl")


async def test_there_is_no_other_ending(session, tmp_path):
    with pytest.raises(UsageError, match="must end in"):
        hindsight.export(Run(), tmp_path / "run.docx")
    with pytest.raises(UsageError, match="cannot be written"):
        hindsight.export(Run(), tmp_path / "no" / "run.csv")
    with pytest.raises(UsageError, match="there is no file"):
        await hindsight.load(tmp_path / "gone.csv")


async def test_a_thousand_results_go_out_and_come_back(tmp_path):
    tasks = [
        Task.of({"taskType": "textInference", "messages": [{"role": "user", "content": f"{n}"}]}) for n in range(1000)
    ]
    run = Run.of(tasks, "many")
    results = tuple(Result.of(t, 0, {"text": f"answer {n}", "cost": n / 1e6}) for n, t in enumerate(tasks))
    whole = Run(run.tasks, results, stages=dict.fromkeys(run.stages, "done"), started=run.started, name="many")

    assert facts(records.run_of(map(json.loads, records.lines(whole)), [])) == facts(whole)
