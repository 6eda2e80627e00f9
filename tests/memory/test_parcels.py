"""Parcels: a run in one file, equal where it is opened, and harmless whoever made it."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import replace

import pytest

from runware_nb.errors import ProviderFailed, UsageError
from runware_nb.sessions import Session
from runware_nb.settings import Endpoint, Secret

IMAGE = {"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "a fox", "width": 128, "height": 128}
TEXT = {"taskType": "textInference", "model": "minimax:m3@0", "messages": [{"role": "user", "content": "hello"}]}
TASKS = [{**IMAGE, "numberResults": 2, "seed": 7}, TEXT]


@pytest.fixture
def place(own_sandbox):
    return Endpoint(own_sandbox.http_url, own_sandbox.ws_url, Secret(own_sandbox.api_key))


@pytest.fixture
def here(place, tmp_path):
    return Session(place, folder=tmp_path / "here", ledger=tmp_path / "here.sqlite")


@pytest.fixture
def there(place, tmp_path):
    return Session(place, folder=tmp_path / "there", ledger=tmp_path / "there.sqlite")


async def sent(here, there, target, tasks=TASKS, axes=()):
    async with here:
        run = await here.run(tasks, name="hero", axes=axes)
        await here.save(run, target)
    return run, await there.load(target)


def facts(run):
    return [(r.index, dict(r.wire), r.path and r.path.read_bytes(), r.latency, r.sandbox) for r in run]


async def test_a_run_comes_back_equal(here, there, tmp_path):
    axes = [{"style": "noir"}, {"style": "plain"}]
    async with there:
        run, back = await sent(here, there, tmp_path / "hero.zip", axes=axes)

    assert facts(back) == facts(run)
    assert [t.to_wire() for t in back.tasks] == [t.to_wire() for t in run.tasks]
    assert (back.axes, back.stages, back.name) == (run.axes, run.stages, "hero")
    assert (back.started, back.finished) == (run.started, run.finished)
    assert all(r.path.parent == tmp_path / "there" for r in back if r.path)


def everything(run, *, path=False):
    """All that a run is, but not how its words came in; where its files lie only if asked."""
    apart = {"results", "problems", "progress", "partial", "thoughts"}
    told = {name: getattr(run, name) for name in run.__dataclass_fields__ if name not in apart}
    assets = [[replace(a, path=a.path if path else None) for a in r.assets] for r in run]
    results = [{name: getattr(r, name) for name in r.__dataclass_fields__ if name != "assets"} for r in run]
    return told, results, assets, [(uuid, type(e), str(e)) for uuid, e in run.problems]


async def test_what_comes_back_is_the_run_as_it_was(here, there, own_sandbox, tmp_path):
    async with there:
        run, back = await sent(here, there, tmp_path / "hero.zip", axes=[{"style": "noir"}, {"style": "plain"}])
        partly = replace(back, results=back.results[:1], notebook="a.ipynb", cell="c1")
        await there.save(partly, tmp_path / "partly.zip")
        again = await there.load(tmp_path / "partly.zip")

    assert everything(back) == everything(run)
    assert everything(again, path=True) == everything(partly, path=True)


async def test_equal_runs_make_equal_bytes_whatever_became_of_the_files_and_wherever_they_are(here, there, tmp_path):
    first, second, third = (tmp_path / f"{n}.zip" for n in range(3))
    async with there:
        run, back = await sent(here, there, first)
        for result in run:
            if result.path:
                os.utime(result.path, (1e9, 1e9))
                result.path.chmod(0o600)
        await here.save(run, second)
        await there.save(back, third)

    assert second.read_bytes() == first.read_bytes()
    assert third.read_bytes() == first.read_bytes()


async def test_what_was_saved_by_an_earlier_version_is_of_the_cache(here, there, tmp_path):
    async with here, there:
        run = await here.run(TASKS)
        await here.save(run, tmp_path / "new.zip")
        with zipfile.ZipFile(tmp_path / "new.zip") as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        plan = json.loads(files["run.json"])
        for name in ("stages", "notebook", "cell"):
            del plan[name]
        for result in plan["results"]:
            del result["cached"]
        back = await there.load(_zip(tmp_path / "old.zip", {**files, "run.json": json.dumps(plan)}))

    assert (back.stages, [r.cached for r in back]) == (run.stages, [True] * 3)


async def test_problems_come_back_as_what_they_were(here, there, own_sandbox, tmp_path):
    own_sandbox.inject("failed-in-data")
    async with there:
        run, back = await sent(here, there, tmp_path / "hero.zip", [IMAGE, {**IMAGE, "seed": 3}])

    assert len(run.problems) == 1
    assert [(u, type(e), str(e)) for u, e in back.problems] == [(u, ProviderFailed, str(e)) for u, e in run.problems]


async def test_what_was_loaded_is_here_and_was_not_spent_here(here, there, own_sandbox, tmp_path):
    async with there:
        await sent(here, there, tmp_path / "hero.zip")
        billed = own_sandbox.billed()
        again = await there.run(TASKS)
        totals = await there.totals()

    assert own_sandbox.billed() == billed
    assert all(r.cached for r in again)
    assert there.df["sandbox_usd"].sum() == 0
    assert totals.sandbox == 0


async def test_nothing_is_overwritten(here, tmp_path):
    (tmp_path / "hero.zip").write_text("mine")
    async with here:
        run = await here.run(TASKS)
        with pytest.raises(UsageError, match="there already"):
            await here.save(run, tmp_path / "hero.zip")

    assert (tmp_path / "hero.zip").read_text() == "mine"


@pytest.mark.parametrize(
    "made",
    [
        lambda path: path.write_bytes(b"not a zip"),
        lambda path: zipfile.ZipFile(path, "w").close(),
        lambda path: _zip(path, {"run.json": "{"}),
        lambda path: _zip(path, {"run.json": "[" * 100_000}),
        lambda path: _zip(path, {"run.json": json.dumps({"version": 1})}),
        lambda path: _zip(path, {"run.json": json.dumps({"version": 1, "tasks": 3, "results": 4, "problems": 5})}),
    ],
    ids=["no zip", "empty", "half a plan", "deep", "no tasks", "wrong types"],
)
async def test_what_is_no_parcel_is_refused_in_one_line(made, there, tmp_path):
    made(tmp_path / "bad.zip")

    async with there:
        with pytest.raises(UsageError, match=r"bad\.zip"):
            await there.load(tmp_path / "bad.zip")


@pytest.mark.parametrize("name", ["../../evil.png", "/tmp/evil.png", "C:\\evil.png", "..\\evil.png"])
async def test_a_file_is_named_by_its_content_whatever_the_parcel_says(name, here, there, tmp_path):
    async with there:
        run, _ = await sent(here, there, tmp_path / "hero.zip", [IMAGE])
        parcel = _renamed(tmp_path / "hero.zip", tmp_path / "bad.zip", run[0].path.name, name)
        (back,) = await there.load(parcel)

    assert back.path.name == run[0].path.name
    assert sorted(p.name for p in tmp_path.rglob("*evil*")) == []


async def test_a_damaged_file_is_told_of_and_the_rest_is_there(here, there, tmp_path):
    async with there:
        run, _ = await sent(here, there, tmp_path / "hero.zip", [{**IMAGE, "numberResults": 2}])
        parcel = _without(tmp_path / "hero.zip", tmp_path / "bad.zip", run[0].path.name)
        back = await there.load(parcel)

    assert "missing or damaged" in back[0].asset.problem
    assert back[1].path.is_file()


def _zip(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def _renamed(source, target, old, new):
    with zipfile.ZipFile(source) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files[new] = files.pop(old)
    files["run.json"] = files["run.json"].replace(json.dumps(old).encode(), json.dumps(new).encode())
    _zip(target, files)
    return target


def _without(source, target, name):
    with zipfile.ZipFile(source) as archive:
        _zip(target, {n: archive.read(n) for n in archive.namelist() if n != name})
    return target
