"""The manifest: a ledger that is lost is made again of what lies beside the files."""

from __future__ import annotations

import json

import pytest

from runware_nb.memory import manifest
from runware_nb.sessions import Session
from runware_nb.settings import Endpoint, Secret

IMAGE = {"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "a fox", "width": 128, "height": 128}
TEXT = {"taskType": "textInference", "model": "minimax:m3@0", "messages": [{"role": "user", "content": "hello"}]}
TASKS = [IMAGE, {**IMAGE, "numberResults": 2, "seed": 7}, TEXT]


@pytest.fixture
def place(own_sandbox):
    return Endpoint(own_sandbox.http_url, own_sandbox.ws_url, Secret(own_sandbox.api_key))


async def test_a_lost_ledger_is_rebuilt_and_nothing_is_paid_for_twice(place, own_sandbox, tmp_path):
    async with Session(place, folder=tmp_path / "out", ledger=tmp_path / "old.sqlite") as session:
        first = await session.run(TASKS)
        before = await session.totals()
    billed = own_sandbox.billed()
    async with Session(place, folder=tmp_path / "out", ledger=tmp_path / "new.sqlite") as session:
        added = await session.rebuild()
        again = await session.run(TASKS)
        after = await session.totals()

    assert (added, own_sandbox.billed()) == (4, billed)
    assert [(r.path, r.text, r.cached) for r in again] == [(r.path, r.text, True) for r in first]
    assert after.sandbox == before.sandbox


async def test_rebuilding_twice_adds_nothing(place, tmp_path):
    async with Session(place, folder=tmp_path / "out", ledger=tmp_path / "ledger.sqlite") as session:
        await session.run([IMAGE])

        assert await session.rebuild() == 0


async def test_a_folder_that_was_moved_is_rebuilt_where_it_is(place, own_sandbox, tmp_path):
    async with Session(place, folder=tmp_path / "here", ledger=tmp_path / "old.sqlite") as session:
        await session.run([IMAGE])
    (tmp_path / "here").rename(tmp_path / "there")
    async with Session(place, folder=tmp_path / "there", ledger=tmp_path / "new.sqlite") as session:
        await session.rebuild()
        (result,) = await session.run([IMAGE])

    assert (result.cached, result.path.parent) == (True, tmp_path / "there")


async def test_a_result_whose_file_is_gone_is_not_called_here(place, tmp_path):
    async with Session(place, folder=tmp_path / "out", ledger=tmp_path / "old.sqlite") as session:
        (result,) = await session.run([IMAGE])
    result.path.unlink()
    async with Session(place, folder=tmp_path / "out", ledger=tmp_path / "new.sqlite") as session:
        await session.rebuild()
        (again,) = await session.run([IMAGE])

    assert not again.cached


@pytest.mark.parametrize(
    "line", ["", "{", "[]", "null", '{"version": 2, "uuid": "a", "number": 0}', '{"version": 1}', "\x00\udcff" * 3]
)
async def test_a_broken_line_costs_only_itself(line, place, tmp_path):
    async with Session(place, folder=tmp_path / "out", ledger=tmp_path / "old.sqlite") as session:
        await session.run([IMAGE])
    with (tmp_path / "out" / manifest.NAME).open("a", errors="surrogateescape") as file:
        file.write(f"{line}\n")
    async with Session(place, folder=tmp_path / "out", ledger=tmp_path / "new.sqlite") as session:
        assert await session.rebuild() == 1


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/../../b"])
async def test_a_manifest_names_no_file_outside_its_folder(name, place, tmp_path):
    async with Session(place, folder=tmp_path / "out", ledger=tmp_path / "old.sqlite") as session:
        await session.run([IMAGE])
        (entry,) = manifest.read(tmp_path / "out")
        entry["files"][0]["path"] = name
        manifest.append(tmp_path / "out", entry)
    async with Session(place, folder=tmp_path / "out", ledger=tmp_path / "new.sqlite") as session:
        await session.rebuild()
        (again,) = await session.run([IMAGE])

    assert not again.cached


async def test_it_holds_no_secret_address_and_no_signature(place, tmp_path):
    hooked = {**IMAGE, "webhookURL": "https://example.com/hook?token=s3cret"}
    async with Session(place, folder=tmp_path / "out", ledger=tmp_path / "ledger.sqlite") as session:
        await session.run([hooked])
    text = (tmp_path / "out" / manifest.NAME).read_text()

    assert "s3cret" not in text
    assert "?" not in json.loads(text)["item"]["imageURL"]
