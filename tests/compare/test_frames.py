import io
import json
import math
from dataclasses import replace

import pandas as pd
import pytest

from runware_nb import errors
from runware_nb.api.results import Asset, Result
from runware_nb.api.runs import Arrived, Refused, Run
from runware_nb.api.tasks import Task
from runware_nb.compare.frames import COLUMNS, beside, frame

ITEM = {"imageURL": "https://im.example/x.jpg", "imageUUID": "u", "seed": 7, "cost": 0.5}


def task(**fields):
    return Task.of({"taskType": "imageInference", "model": "a:1@1", "positivePrompt": "fox", **fields})


def made(asked=None, *, sandbox=False, **item):
    asked = asked or task()
    return Run.of([asked]).after(Arrived(Result.of(asked, 0, {**ITEM, **item}, latency=1.5, sandbox=sandbox))).end()


def failed(error):
    asked = task()
    return Run.of([asked]).after(Refused(asked.task_uuid, error)).end()


def only(run):
    rows = frame([run])
    assert len(rows) == 1
    return rows.iloc[0]


def test_an_output_is_a_row_with_what_was_asked_and_what_came():
    row = only(made())

    assert (row.status, row.kind, row.medium, row.model, row.prompt) == ("done", "image", "image", "a:1@1", "fox")
    assert (row.seed, row.cost_usd, row.latency_s, row.url) == (7, 0.5, 1.5, ITEM["imageURL"])


def test_no_runs_give_an_empty_frame_with_every_column_and_dtype():
    empty = frame([])

    assert len(empty) == 0
    assert {n: str(t) for n, t in empty.dtypes.items()} == {c.name: c.dtype for c in COLUMNS}


def test_a_full_frame_has_the_dtypes_of_the_table():
    assert {n: str(t) for n, t in frame([made()]).dtypes.items()} == {c.name: c.dtype for c in COLUMNS}


@pytest.mark.parametrize("cost", [None, math.nan, math.inf, -1, "0.5", True], ids=str)
def test_a_cost_that_makes_no_sense_is_missing_and_never_zero(cost):
    assert pd.isna(only(made(cost=cost)).cost_usd)


def test_sandbox_money_stays_out_of_totals():
    rows = frame([made(), made(sandbox=True)])

    assert rows.cost_usd.sum() == 0.5
    assert rows.sandbox_usd.sum() == 0.5
    assert list(rows.sandbox) == [False, True]


def test_a_failure_is_a_row_that_costs_nothing():
    row = only(failed(errors.InvalidTask("width is 5.", code="invalidCustomWidth")))

    assert (row.status, row.error_code, row.error, row.cost_usd) == ("failed", "invalidCustomWidth", "width is 5.", 0)


@pytest.mark.parametrize(
    "error",
    [
        errors.Unreachable("no answer"),
        errors.TaskTimeout("too long"),
        errors.ServerFailed("bad gateway", status=502),
        errors.Interrupted("stopped"),
        errors.BadAsset("broken"),
    ],
    ids=lambda e: type(e).__name__,
)
def test_a_failure_that_may_still_be_billed_has_no_known_cost(error):
    assert pd.isna(only(failed(error)).cost_usd)


def test_what_was_never_sent_costs_nothing():
    assert only(failed(errors.Unreachable("no network", sent=False))).cost_usd == 0


def test_an_unfinished_task_is_a_row_of_unknown_cost():
    row = only(Run.of([task()]))

    assert row.status == "unfinished"
    assert pd.isna(row.cost_usd)


def test_a_seed_beyond_64_bits_is_missing():
    assert pd.isna(only(made(seed=2**63)).seed)


def test_a_seed_beyond_31_bits_is_kept():
    assert only(made(seed=2**62)).seed == 2**62


def test_the_asked_seed_stands_in_only_where_one_result_was_asked():
    alone = made(task(seed=3), seed=None)
    several = made(task(seed=3, numberResults=2), seed=None)

    assert list(frame([alone, several]).seed[:2].isna()) == [False, True]


def test_equal_settings_are_equal_text_whatever_their_order():
    one, two = made(task(width=64, steps=2)), made(task(steps=2, width=64))

    assert len(set(frame([one, two]).parameters)) == 1
    assert json.loads(only(one).parameters) == {"steps": 2, "width": 64}


def test_files_among_the_parameters_are_cut_short():
    row = only(made(task(inputs={"seedImage": "data:image/png;base64," + "A" * 5000})))

    assert len(row.parameters) < 200


def test_a_frame_survives_parquet(tmp_path):
    rows = frame([made(), made(sandbox=True, cost=None), failed(errors.RateLimited("slow down")), Run.of([task()])])
    file = io.BytesIO()
    rows.to_parquet(file)

    pd.testing.assert_frame_equal(pd.read_parquet(file), rows)


def test_text_that_is_no_unicode_can_still_be_written():
    asked = task(positivePrompt="half \ud800")

    frame([made(asked)]).to_parquet(io.BytesIO())


def test_frames_group_and_join_with_empty_ones():
    rows = pd.concat([frame([]), frame([made(), made(task(model="b:1@1"))])])

    assert rows.groupby("model").cost_usd.sum().to_dict() == {"a:1@1": 0.5, "b:1@1": 0.5}
    assert str(rows.cost_usd.dtype) == "Float64"


def test_facts_of_the_kept_file_are_columns(tmp_path):
    run = made()
    kept = replace(
        run.results[0], assets=(Asset("image", "imageURL", path=tmp_path / "x.jpg", bytes=9, width=64, height=32),)
    )
    row = only(replace(run, results=(kept,)))

    assert (row.bytes, row.width, row.height, row.path) == (9, 64, 32, str(tmp_path / "x.jpg"))


def test_a_run_knows_its_frame():
    assert list(made().df.status) == ["done"]


def test_the_docstring_lists_every_column():
    assert all(f"{c.name} " in (frame.__doc__ or "") for c in COLUMNS)


def test_a_run_is_joined_to_the_rows_it_was_made_of():
    table = pd.DataFrame({"title": ["cup", "bowl", "vase"]}, index=pd.Index(["c7", "b2", "v3"], name="sku"))
    tasks = [Task.of({"taskType": "textInference"}) for _ in range(2)]
    run = Run.of(tasks, axes=[{"sku": "b2"}, {"sku": "c7"}])
    for task in tasks:
        run = run.after(Arrived(Result(task, 0, {"text": task.task_uuid})))

    joined = beside(table, run)

    assert list(joined.index) == ["c7", "b2", "v3"]
    assert list(joined["text"].fillna("-")) == [tasks[1].task_uuid, tasks[0].task_uuid, "-"]
