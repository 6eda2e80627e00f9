"""The session: what is wrong is refused before it is sent, what is made is kept, what is asked is written down."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest

from runware_nb import errors
from runware_nb.sandbox import Sandbox
from runware_nb.sessions import Session
from runware_nb.settings import Endpoint, Secret

IMAGE = {"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "a fox", "width": 256, "height": 256}


@pytest.fixture
def box():
    with Sandbox(latency=(0, 0.02)) as box:
        yield box


@pytest.fixture
async def session(box, tmp_path):
    place = Endpoint(box.http_url, box.ws_url, Secret(box.api_key))
    async with Session(place, folder=tmp_path / "out", ledger=tmp_path / "ledger.sqlite") as session:
        yield session


def rows(tmp_path, query):
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


async def test_files_are_kept_whole_under_names_of_their_content(session):
    (result,) = await session.run([IMAGE])

    assert result.path.name.startswith("sandbox-")
    assert result.path.stat().st_size == result.asset.bytes
    assert (result.asset.width, result.asset.height) == (256, 256)


async def test_no_half_file_stays_behind(session, box, tmp_path):
    box.inject("bad-asset")
    await session.run([IMAGE])

    assert not list((tmp_path / "out").glob(".*"))


async def test_a_file_that_is_gone_is_a_problem_of_its_asset_not_of_the_run(session, box):
    from runware_nb.sandbox.faults import Fault

    box.inject(Fault("gone", times=2))
    (result,) = await session.run([IMAGE])

    assert result.path is None
    assert "expired" in result.asset.problem


async def test_a_page_in_place_of_a_picture_is_never_kept_as_one(session, box, tmp_path):
    from runware_nb.sandbox.faults import Fault

    box.inject(Fault("bad-asset", times=2))
    (result,) = await session.run([IMAGE])

    assert result.path is None
    assert "should be of medium image" in result.asset.problem


async def test_a_passing_fault_of_a_file_is_got_over(session, box):
    box.inject("bad-asset")
    (result,) = await session.run([IMAGE])

    assert result.path.exists()


async def test_base64_is_kept_as_a_file_too(session):
    (result,) = await session.run([{**IMAGE, "outputType": "base64Data", "outputFormat": "WEBP"}])

    assert result.path.suffix == ".webp"
    assert "imageBase64Data" not in result


async def test_every_task_is_written_down_before_it_is_sent(session, box, tmp_path):
    seen = []
    run = session.client.perform

    async def spy(tasks, tell, **options):
        seen.extend(rows(tmp_path, "SELECT state FROM tasks"))
        await run(tasks, tell, **options)

    session.client.perform = spy
    await session.run([IMAGE, {**IMAGE, "seed": 1}])

    assert seen == [("intended",), ("intended",)]


async def test_a_finished_run_stands_in_the_ledger(session, tmp_path):
    await session.run([{**IMAGE, "numberResults": 2}])

    assert rows(tmp_path, "SELECT state, estimate > 0 FROM tasks") == [("done", 1)]
    assert rows(tmp_path, "SELECT number, cost > 0, sandbox FROM results ORDER BY number") == [(0, 1, 1), (1, 1, 1)]


async def test_a_failed_task_stands_in_the_ledger(session, box, tmp_path):
    box.inject("failed-in-data")
    with pytest.raises(errors.RunwareError):
        await session.run([IMAGE])
    await session._ledger.settled()

    assert rows(tmp_path, "SELECT state FROM tasks") == [("failed",)]


async def test_the_key_is_not_in_the_ledger(session, box, tmp_path):
    await session.run([IMAGE])

    assert box.api_key.encode() not in (tmp_path / "ledger.sqlite").read_bytes()


async def test_one_wrong_task_stops_all_before_any_is_sent(session, box, tmp_path):
    with pytest.raises(errors.UsageError, match="steps is 1000"):
        await session.run([IMAGE, {**IMAGE, "steps": 1000}])

    assert box.billed() == {}


async def test_all_that_is_wrong_is_told_at_once(session):
    with pytest.raises(errors.UsageError) as caught:
        await session.run([{**IMAGE, "steps": 1000, "hight": 3, "width": 500}])

    assert all(word in str(caught.value) for word in ("steps", "hight", "multiple of 64", "did you mean height"))


async def test_a_slug_is_sent_as_its_air(session):
    run = await session.run([{**IMAGE, "model": "bfl-flux-1-dev"}])

    assert run[0].model == "runware:101@1"


async def test_a_picture_of_pillow_can_be_worked_on(session):
    from PIL import Image

    picture = Image.new("RGB", (64, 32), "red")
    (result,) = await session.run(
        [{"taskType": "upscale", "model": "runware:504@1", "upscaleFactor": 2, "inputs": {"image": picture}}]
    )

    assert (result.asset.width, result.asset.height) == (128, 64)


async def test_an_array_and_a_file_can_be_worked_on(session, tmp_path):
    import numpy as np
    from PIL import Image

    file = tmp_path / "in.png"
    Image.new("RGB", (64, 32), "blue").save(file)
    up = {"taskType": "upscale", "model": "runware:504@1", "upscaleFactor": 2}
    run = await session.run(
        [{**up, "inputs": {"image": file}}, {**up, "inputs": {"image": np.zeros((16, 32, 3), np.uint8)}}]
    )

    assert [(r.asset.width, r.asset.height) for r in run] == [(128, 64), (64, 32)]


async def test_an_earlier_result_can_be_worked_on(session):
    (hero,) = await session.run([IMAGE])
    (big,) = await session.run(
        [{"taskType": "upscale", "model": "runware:504@1", "upscaleFactor": 2, "inputs": {"image": hero}}]
    )

    assert (big.asset.width, big.asset.height) == (512, 512)


async def test_a_string_is_never_taken_for_a_file(session, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "note.txt").write_text("private")
    run = await session.run([{**IMAGE, "positivePrompt": "note.txt"}])

    assert run[0].prompt == "note.txt"


async def test_a_missing_file_is_refused_before_anything_is_sent(session, box):
    with pytest.raises(errors.UsageError, match=r"inputs\.image: there is no file"):
        await session.run([{"taskType": "upscale", "model": "runware:504@1", "inputs": {"image": Path("nowhere.png")}}])

    assert box.billed() == {}


async def test_the_price_is_asked_for_unless_the_task_says_otherwise(session):
    with_price, without = await session.run([IMAGE, {**IMAGE, "seed": 1, "includeCost": False}])

    assert (with_price.cost is not None, without.cost) == (True, None)


async def test_a_community_model_is_left_to_the_api(session):
    run = await session.run([{**IMAGE, "model": "civitai:305149@392545"}])

    assert len(run) == 1


async def test_the_sandbox_adds_nothing_to_the_money(session):
    await session.run([IMAGE])

    assert (session.cost, session.df.cost_usd.sum(), session.df.sandbox_usd.sum() > 0) == (0, 0, True)


@pytest.mark.parametrize("field", ["model", "positivePrompt"])
async def test_text_that_no_file_can_hold_loses_nothing(field, session, box, tmp_path):
    """JSON may carry half a surrogate pair; SQLite and UTF-8 may not."""
    words = "community:\ud800@1" if field == "model" else "a \ud800 fox"

    with suppress(errors.ApiError):
        await session.run([{**IMAGE, field: words}])

    assert len(rows(tmp_path, "SELECT * FROM tasks")) == 1


@pytest.mark.parametrize("proxy", ["nonsense://x", "http://[::1", "http://127.0.0.1:1"])
async def test_a_proxy_that_cannot_be_used_is_told_in_one_line(proxy, tmp_path, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    place = Endpoint("https://api.example.invalid/v1", "wss://ws.example.invalid/v1", Secret("k" * 32))
    async with Session(place, folder=tmp_path / "out", ledger=tmp_path / "ledger.sqlite") as session:
        with pytest.raises((errors.UsageError, errors.Unreachable)) as told:
            await session.run([IMAGE])

    assert len(str(told.value).splitlines()) == 1


async def test_a_redirecting_address_is_refused_at_once_and_can_be_resumed(session, box):
    from runware_nb.sandbox.faults import Fault

    box.inject(Fault("redirected", stage="after", phase="submit"))
    with pytest.raises(errors.Unreachable, match=r"redirect.*It was tried once"):
        await session.run([IMAGE])
    (result,) = await session.resume()

    assert result.path.is_file()
    assert [bill.runs for bill in box.billed().values()] == [1]
