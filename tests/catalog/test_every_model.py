"""Every model of the catalogue: a task with the least it needs is right, is priced by what is known, is made and shown."""

from __future__ import annotations

import asyncio
import zipfile

import pytest

from runware_nb import display, reprs
from runware_nb.api.tasks import Task
from runware_nb.catalog import asking, bundled, prices
from runware_nb.catalog.starting import start
from runware_nb.sandbox import Sandbox
from runware_nb.sessions import Session
from runware_nb.settings import Endpoint, Secret

MODELS = list(bundled())
assert display  # registers the drawings


def made(folder, tasks_of):
    """Run tasks on a sandbox of their own."""

    async def make():
        with Sandbox(latency=(0, 0)) as box:
            place = Endpoint(box.http_url, box.ws_url, Secret(box.api_key), sandbox=True)
            async with Session(place, folder=folder, ledger=folder / "ledger.sqlite") as session:
                return await session.run(tasks_of(session.catalog))

    return asyncio.run(make())


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    """One of each medium, made by the sandbox."""
    folder = tmp_path_factory.mktemp("media")
    asked = [
        ("image", "a fox", {"size": "256x256"}), ("video", "waves", {"duration": 2}),
        ("audio", "a calm sea", {"duration": 30}), ("3d", "a bell", {}),
    ]  # fmt: skip
    run = made(folder, lambda catalog: [asking.ask(*cell, catalog) for cell in asked])
    archive = folder / "data.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.txt", "a")
    return {**{result.medium: result.path for result in run}, "dataset": archive}


@pytest.fixture(scope="module")
def run(media, tmp_path_factory):
    """All models' tasks, made in one run."""
    folder = tmp_path_factory.mktemp("made")
    return made(folder, lambda catalog: [start(model, catalog, media.__getitem__) for model in MODELS])


def test_nothing_goes_wrong_with_any(run):
    wrong = {task.model: str(error) for task in run.tasks for uuid, error in run.problems if uuid == task.task_uuid}

    assert wrong == {}
    assert len({r.task.task_uuid for r in run}) == len(MODELS)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.slug)
def test_its_least_task_is_right_and_is_priced_by_what_is_known(model, media):
    task = asking.check(start(model, bundled(), media.__getitem__), bundled())
    likely, bounds = prices.estimate(Task.of(task), model.prices), prices.bounds(Task.of(task), model.prices)

    assert task["model"] == model.air
    if likely is None:
        assert bounds is None
    else:
        assert 0 <= bounds[0] <= likely <= bounds[1]


@pytest.mark.parametrize("number", range(len(MODELS)), ids=lambda n: MODELS[n].slug)
def test_what_it_makes_is_shown(number, run):
    uuid = run.tasks[number].task_uuid
    (first, *_) = [result for result in run if result.task.task_uuid == uuid]
    data, _ = reprs.mimebundle(first)

    assert "text/plain" in data
    assert "sandbox" in data["text/html"].lower()


def test_each_is_told_on_a_card(run):
    for model in MODELS:
        html = model._repr_html_()
        assert model.air in html
        assert model.documentation in html
