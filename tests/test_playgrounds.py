"""Playgrounds: a form for every model, priced as it changes, sent only when asked, agreed to where that is wanted."""

from __future__ import annotations

import asyncio
import json

import pytest

from runware_nb import forms, playgrounds, preferences, presets, spelling
from runware_nb.catalog import asking, bundled
from runware_nb.catalog.starting import start
from runware_nb.errors import UnknownName, UsageError
from runware_nb.sandbox import Sandbox

MODELS = list(bundled())
SMALL = {"prompt": "a red fox", "size": "128x128", "seed": 7}


@pytest.fixture
def box():
    with Sandbox(latency=(0.02, 0.05)) as box:
        yield box


async def ended(play):
    await asyncio.wait({play._work})


class Bundled:
    """What a playground needs of a session before it runs."""

    catalog = bundled()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.slug)
def test_every_model_has_a_form_of_all_it_takes_and_begins_with_all_it_needs_but_media(model):
    play = playgrounds.Playground(lambda: Bundled, model.air)
    form = forms.form(model)
    paths = [field["path"] for group in form["groups"] for field in group["fields"]]

    assert len(paths) == len(set(paths))
    assert {*model.schema["properties"]} - forms.HIDDEN - {"height"} <= {path.partition(".")[0] for path in paths}
    assert {flaw.path for flaw in playgrounds.flaws(play.task, model)} <= {"inputs"}
    assert len(json.dumps(form)) < 10_000


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.slug)
def test_what_is_left_out_of_the_form_of_a_model_is_only_its_media(model, tmp_path):
    file = tmp_path / "a file.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n")
    task = start(model, bundled(), lambda _: file)

    assert playgrounds.flaws(task, model) == []
    assert playgrounds.flaws(asking.check(task, bundled()), model) == []


async def test_nothing_is_sent_before_it_is_asked_for(rw, box):
    play = rw.playground(**SMALL)
    verdict = await play.judge()

    assert verdict.flaws == ()
    assert verdict.quote.usd > 0
    assert not box.billed()


async def test_it_runs_and_the_same_again_costs_nothing(rw, box):
    play = rw.playground(**SMALL)
    play.go()
    await ended(play)
    assert (play.state, len(play.run)) == ("done", 1)
    assert (await play.judge()).quote.make == 0
    play.go()
    await ended(play)

    assert play.run[0].cached
    assert len(box.billed()) == 1


async def test_what_is_wrong_is_told_at_its_field_and_never_sent(rw, box):
    play = rw.playground(**SMALL)
    play.change({**play.task, "width": 130, "stepz": 3})
    verdict = await play.judge()
    play.go()
    await ended(play)

    assert {flaw.path for flaw in verdict.flaws} == {"width", "stepz"}
    assert "multiple of 64" in next(flaw.message for flaw in verdict.flaws if flaw.path == "width")
    assert play.state == "failed"
    assert not box.billed()


async def test_a_price_above_the_limit_is_agreed_to_for_that_very_task(rw, box, monkeypatch):
    monkeypatch.setitem(preferences.OVERRIDES, "confirm_above", 0.0001)
    play = rw.playground(**SMALL)
    play.go()
    await ended(play)
    assert play.state == "asking"
    play.change({**play.task, "seed": 8})
    play.go(agreed=True)
    await ended(play)
    assert play.state == "asking"
    assert not box.billed()
    play.go(agreed=True)
    await ended(play)

    assert play.state == "done"
    assert len(box.billed()) == 1


async def test_an_agreement_can_be_declined(rw, box, monkeypatch):
    monkeypatch.setitem(preferences.OVERRIDES, "confirm_above", 0.0001)
    play = rw.playground(**SMALL)
    play.go()
    await ended(play)
    play.decline()

    assert play.state == "idle"
    assert not box.billed()


async def test_stopping_tells_that_what_was_sent_runs_on(rw):
    play = rw.playground("alibaba-wan2-7")
    runs = asyncio.Event()
    play.watch(lambda: runs.set() if play.state == "running" else None)
    play.go()
    await runs.wait()
    play.stop()
    await ended(play)

    assert play.state == "stopped"
    assert "%runware resume" in play.told


async def test_another_model_takes_along_what_it_takes_too(rw):
    play = rw.playground(**SMALL, negative="blurry")
    play.pick("alibaba-wan2-7")

    assert play.task["positivePrompt"] == "a red fox"
    assert play.task["negativePrompt"] == "blurry"
    assert play.task["seed"] == 7
    assert (play.task["width"], play.task["height"]) == (1280, 720)
    assert playgrounds.flaws(play.task, play.model) == []


async def test_a_model_nobody_knows_is_asked_like_the_usual_one(rw):
    play = rw.playground("civitai:1@2")

    assert play.task["model"] == "civitai:1@2"
    assert (await play.judge()).flaws == ()
    with pytest.raises(UnknownName):
        play.pick("fluxx-nonsense")


async def test_an_earlier_result_brings_its_settings_and_costs_nothing(rw, box):
    run = await rw.image("an owl", size="128x128", seed=3)
    play = rw.playground("alibaba-wan2-7")
    await play.recall(run.tasks[0].task_uuid)

    assert play.task["positivePrompt"] == "an owl"
    assert play.model.air == "runware:101@1"
    assert len(play.run) == 1
    assert len(box.billed()) == 1


async def test_presets_are_kept_for_every_notebook(rw, tmp_path):
    picture = tmp_path / "a.png"
    presets.save("  my   look ", {"taskType": "upscale", "model": "runware:504@1", "inputs": {"image": picture}})
    play = rw.playground()
    play.preset("my look")

    assert presets.names() == [{"name": "my look", "model": "runware:504@1"}]
    assert play.task["inputs"] == {"image": picture}
    presets.forget("my look")
    assert presets.names() == []
    with pytest.raises(UnknownName):
        play.preset("my look")
    with pytest.raises(UsageError, match="name"):
        presets.save(" ", {})


async def test_code_asks_for_the_very_same(rw):
    play = rw.playground(**SMALL, steps=20)
    names = {}
    code = "async def made():\n" + "".join(f"    {line}\n" for line in play.code.splitlines()) + "    return run"
    exec(code, names)
    run = await names["made"]()

    assert spelling.bare(run.tasks[0].to_wire()) == play.task
    assert json.loads(play.json) == play.task
    assert "seed=[7, 8, 9]" in play.grid


def test_elsewhere_it_says_what_it_is(capsys):
    play = playgrounds.Playground(lambda: Bundled)
    play._ipython_display_()

    assert "<Playground: bfl-flux-1-dev>" in capsys.readouterr().out
    assert "run the cell again" in play._repr_html_()
