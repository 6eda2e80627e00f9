"""An address as `out_dir`: files are here and there, named alike; a copy that fails loses nothing and is made later."""

from __future__ import annotations

import re
from pathlib import Path

import fsspec
import pytest

from runware_nb import door, preferences
from runware_nb.errors import UsageError
from runware_nb.memory.mirror import Mirror
from runware_nb.reprs import mimebundle

SMALL = {"width": 128, "height": 128}


@pytest.fixture
def box(own_sandbox):
    return own_sandbox


@pytest.fixture
def bucket(monkeypatch):
    """Give an address in the memory of this process, as empty as a new bucket."""
    url = "memory://bucket/media"
    monkeypatch.setitem(preferences.OVERRIDES, "out_dir", url)
    yield url
    fsspec.filesystem("memory").store.clear()


async def test_a_file_is_here_and_there_under_the_same_name(rw, bucket):
    (fox,) = await rw.image("a fox", **SMALL)

    assert fox.path.parent == Path("runware_outputs")
    assert fox.asset.stored == f"{bucket}/{fox.path.name}"
    with fsspec.open(fox.asset.stored) as there:
        assert there.read() == fox.path.read_bytes()


async def test_frames_cards_rows_and_the_history_name_the_address(rw, bucket):
    run = await rw.image("a hare", **SMALL)
    made = await rw.map({"title": ["owl"]}, "{{ title }}", **SMALL)

    assert list(run.df.stored) == [run[0].asset.stored]
    assert f"copied to {run[0].asset.stored}" in mimebundle(run)[0]["text/html"]
    assert made.stored[0].startswith(f"{bucket}/")
    assert set(rw.history().df.stored) == {run[0].asset.stored, made.stored[0]}


async def test_a_copy_that_fails_loses_nothing_and_is_made_by_running_again(rw, box, monkeypatch, tmp_path):
    bad = tmp_path / "taken"
    bad.write_text("a file where the folder should be")
    monkeypatch.setitem(preferences.OVERRIDES, "out_dir", f"file://{bad}/media")
    told: list[str] = []
    monkeypatch.setattr(door, "announce", told.append)
    (first,) = await rw.image("a crow", **SMALL)
    bad.unlink()
    (again,) = await rw.image("a crow", **SMALL)

    assert first.path.is_file()
    assert first.asset.stored is None
    (line,) = told
    assert re.search(r"could not be copied to file://.*It is kept in .*: run the cell again", line)
    assert again.cached
    assert (bad / "media" / first.path.name).read_bytes() == first.path.read_bytes()
    assert len(box.billed()) == 1


async def test_what_is_there_already_is_not_sent_again(rw, bucket):
    (fox,) = await rw.image("a fox", **SMALL)
    written = fsspec.filesystem("memory").modified(fox.asset.stored)
    await door.reset()
    (again,) = await rw.image("a fox", **SMALL)

    assert again.asset.stored == fox.asset.stored
    assert fsspec.filesystem("memory").modified(fox.asset.stored) == written


@pytest.mark.parametrize(
    ("url", "way_out"),
    [
        ("ftp://me:secret@host/media", "carries a password"),
        ("nowhere://bucket", "cannot be used"),
        ("gs://bucket", r"pip install 'runware-nb\[fsspec\]'"),
    ],
)
async def test_an_address_that_cannot_be_used_is_refused_before_anything_is_sent(rw, box, monkeypatch, url, way_out):
    monkeypatch.setitem(preferences.OVERRIDES, "out_dir", url)
    with pytest.raises(UsageError, match=way_out) as refusal:
        await rw.image("a fox", **SMALL)

    assert "secret" not in str(refusal.value)
    assert not box.billed()


async def test_a_folder_is_a_folder_as_before(rw, monkeypatch):
    monkeypatch.setitem(preferences.OVERRIDES, "out_dir", "elsewhere")
    run = await rw.image("a fox", **SMALL)

    assert run[0].path.parent == Path("elsewhere")
    assert run.df.stored.isna().all()


def test_an_address_and_its_slash_are_one(tmp_path):
    assert Mirror(f"file://{tmp_path}/").url == f"file://{tmp_path}"
