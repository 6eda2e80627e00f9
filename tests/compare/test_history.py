"""The history: the whole ledger in the columns of a run's frame, chosen by SQLite, and back again."""

from __future__ import annotations

import io
import sqlite3
from datetime import UTC, date, datetime

import pandas as pd
import pytest

from runware_nb import places
from runware_nb.api import wire
from runware_nb.compare import accessors
from runware_nb.compare.frames import COLUMNS
from runware_nb.errors import TaskTimeout, UnknownName, UsageError
from runware_nb.memory.schema import MIGRATIONS
from runware_nb.sandbox import Sandbox
from runware_nb.sessions import Session
from runware_nb.settings import Endpoint, Secret

IMAGE = {"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "a fox", "width": 128, "height": 128}
TEXT = {"taskType": "textInference", "model": "minimax:m3@0", "messages": [{"role": "user", "content": "an öwl"}]}
TODAY = datetime.now(UTC).date()


@pytest.fixture
def box():
    with Sandbox(latency=(0, 0.02)) as box:
        yield box


@pytest.fixture
async def session(box, tmp_path, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "work/foxes.ipynb")
    place = Endpoint(box.http_url, box.ws_url, Secret(box.api_key))
    async with Session(place, folder=tmp_path / "out", ledger=tmp_path / "ledger.sqlite") as session:
        yield session


async def filled(session):
    """Three pictures on an axis, a text, and a task that failed."""
    points = [{"seed": n} for n in (1, 2, 3)]
    await session.run([{**IMAGE, **point} for point in points], name="foxes", axes=points)
    await session.run([TEXT])
    await session._ledger.intend([], base_url="sandbox", folder=session.folder)


def dtypes(table):
    return {name: str(kind) for name, kind in table.dtypes.items() if name in {c.name for c in COLUMNS}}


async def test_the_history_has_the_columns_and_dtypes_of_a_run(session):
    await filled(session)
    tables = [session.runs[0].df, session.df, session.past().df, session.past(words="nothing like it").df]

    assert [list(dtypes(table)) for table in tables] == [[c.name for c in COLUMNS]] * 4
    assert [dtypes(table) for table in tables] == [{c.name: c.dtype for c in COLUMNS}] * 4


async def test_a_row_of_the_history_says_what_the_row_of_its_run_said(session):
    await filled(session)
    told = session.df.set_index(["task_uuid", "result_index"]).sort_index()
    past = session.past().df.set_index(["task_uuid", "result_index"]).sort_index()
    same = [c.name for c in COLUMNS if c.name not in {"task_uuid", "result_index", "created"}]

    pd.testing.assert_frame_equal(past[same], told[same])
    assert set(past["notebook"]) == {"work/foxes.ipynb"}
    assert sorted(past["seed"].dropna()) == [1, 2, 3]


async def test_conditions_choose_rows(session):
    await filled(session)
    counts = {
        **{words: len(session.past(words=words)) for words in ("fox", "FOX a", "öwl", "fox öwl", "100%")},
        **{kind: len(session.past(kind=kind)) for kind in ("image", "text", "video")},
        "model": len(session.past(model="minimax")),
        "since": len(session.past(since=TODAY)),
        "until": len(session.past(until=date(2020, 1, 1))),
        "notebook": len(session.past(notebook="foxes")),
        "failed": len(session.past(status="failed")),
        "most": len(session.past(most=2)),
        "narrower": len(session.past(kind="image").where("fox", most=1)),
    }

    assert counts == {
        "fox": 3, "FOX a": 3, "öwl": 1, "fox öwl": 0, "100%": 0, "image": 3, "text": 1, "video": 0, "model": 1,
        "since": 4, "until": 0, "notebook": 4, "failed": 0, "most": 2, "narrower": 1,
    }  # fmt: skip
    assert len(session.past(most=2).df) == 2


@pytest.mark.parametrize("wrong", [{"kind": "pictures"}, {"status": "dead"}, {"since": "May"}, {"most": 0}, {"x": 1}])
async def test_a_condition_that_cannot_be_is_refused(session, wrong):
    with pytest.raises((UnknownName, UsageError)):
        session.past(**wrong)


async def test_what_failed_and_what_is_open_are_rows_too(session, box):
    await session.run([IMAGE])
    (uuid,) = session.past().df["task_uuid"]
    connection = sqlite3.connect(session._ledger.path)
    connection.execute("DELETE FROM results")
    connection.execute("UPDATE tasks SET state = 'failed', problem = 'promptBlocked: no'")
    connection.commit()
    failed = session.past().df.iloc[0]
    session._ledger.fail(uuid, TaskTimeout("late", code="timeoutProvider"))
    late = session.past(status="failed").df.iloc[0]
    connection.execute("UPDATE tasks SET state = 'accepted', problem = NULL")
    connection.commit()
    connection.close()
    still = session.past().df.iloc[0]

    assert (failed.status, failed.error_code, failed.error) == ("failed", "promptBlocked", "no")
    assert pd.isna(late.cost_usd)
    assert (late.status, still.status) == ("failed", "unfinished")


async def test_tags_are_found_and_shown(session):
    await filled(session)
    given = session.past(kind="image", most=2).rate(stars=4, tags=["keep"])
    kept = session.past(tag="keep").df

    assert given == 2
    assert list(kept["tags"]) == ["keep", "keep"]
    assert list(kept["stars"]) == [4, 4]
    assert len(session.past(tag="other")) == 0


async def test_the_history_survives_parquet(session):
    await filled(session)
    rows = session.past().df
    file = io.BytesIO()
    rows.to_parquet(file)

    pd.testing.assert_frame_equal(pd.read_parquet(file), rows)


async def test_others_read_its_parquet(session, tmp_path):
    polars, duckdb = pytest.importorskip("polars"), pytest.importorskip("duckdb")
    await filled(session)
    target = session.past().df.rw.to_parquet(tmp_path / "past.parquet")

    assert polars.read_parquet(target).height == 4
    assert duckdb.sql(f"SELECT count(*) FROM '{target}'").fetchall() == [(4,)]


async def test_rows_are_brought_back_as_a_run_with_its_files_at_no_cost(session):
    await filled(session)
    run = session.past(kind="image").restore()

    assert (len(run), run.name, run.sandbox) == (3, "foxes", True)
    assert all(r.cached and r.path.is_file() for r in run)
    assert {told["seed"] for told in run.axes.values()} == {1, 2, 3}
    assert {t.task_uuid: t.to_wire()["seed"] for t in run.tasks} == {u: told["seed"] for u, told in run.axes.items()}


def test_without_a_notebook_nothing_is_told(monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)

    assert places.here() == places.NOWHERE


async def test_a_ledger_of_the_first_schema_keeps_its_sums(tmp_path, session):
    old = sqlite3.connect(tmp_path / "old.sqlite")
    for statement in MIGRATIONS[0]:
        old.execute(statement)
    old.execute("PRAGMA user_version = 1")
    old.execute("INSERT INTO savings VALUES ('2026-01-01', 'm', 0, 3, 3000)")
    old.commit()
    old.close()
    place = session.endpoint
    async with Session(place, folder=tmp_path / "out", ledger=tmp_path / "old.sqlite") as later:
        totals = await later.totals()

    assert totals.saved == pytest.approx(0.003)


def test_frames_get_the_accessor_and_foreign_ones_do_not():
    assert accessors.register()

    with pytest.raises(AttributeError, match="task_uuid"):
        _ = pd.DataFrame({"x": [1]}).rw


async def test_the_accessor_brings_rows_back_in_their_order(session, monkeypatch):
    monkeypatch.setattr("runware_nb.door.session", lambda: session)
    await filled(session)
    rows = session.past(kind="image").df.sort_values("seed", ascending=False)
    laid = rows.rw.grid(rows="model", cols="seed")

    assert [r.seed for r in rows.rw.restore()] == [3, 2, 1]
    assert next(iter(laid.axes.values())) == {"model": "runware:101@1", "seed": 3}
    with pytest.raises(UsageError, match="does not know 3 of these 3"):
        rows.assign(task_uuid="11111111-1111-4111-8111-111111111111").rw.gallery()


async def test_a_hundred_thousand_rows_are_counted_and_cut_quickly(session):
    connection = sqlite3.connect(session.past().ledger.path) if session.past().df.empty else None
    request = '{"taskType": "imageInference", "taskUUID": "%s", "model": "m", "positivePrompt": "fox %d"}'
    connection.executemany(
        "INSERT INTO tasks (uuid, run, created, base_url, folder, task_type, model, request, fingerprint, owner, state)"
        " VALUES (?, x'00', ?, 'u', 'f', 'imageInference', 'm', ?, x'00', '', 'failed')",
        (
            (n.to_bytes(16, "big"), f"2026-01-{1 + n % 28:02}T00:00:00.000+00:00", request % (n, n))
            for n in range(100_000)
        ),
    )
    connection.commit()
    connection.close()

    assert len(session.past()) == 100_000
    assert len(session.past(words="fox 99999").df) == 1
    assert len(session.past(most=50).df) == 50
    assert wire.BY_KIND["image"].name == "imageInference"
