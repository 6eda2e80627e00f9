"""Forming: a cell opened as a form is given back as it was but for what was changed, and makes what it is shown to make."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from runware_nb import door
from runware_nb.errors import UsageError
from runware_nb.magics import grammar
from runware_nb.magics.forming import playground
from runware_nb.magics.plans import plan
from runware_nb.sandbox import Sandbox

CELL = """%%runware image hero << --model bfl-flux-1-dev --size 128x128 --grid style,seed --max-cost 0.1
#| negative: blurry
#| sweep:
#|   style:
#|   - noir
#|   - ukiyo-e
#|   seed:
#|   - 1
#|   - 2
{{ topic }}, {{ style }}"""


@pytest.fixture
async def box(monkeypatch, tmp_path):
    with Sandbox(latency=(0, 0.02)) as box:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("RUNWARE_API_KEY", box.api_key)
        monkeypatch.setenv("RUNWARE_BASE_URL", box.http_url)
        monkeypatch.setenv("RUNWARE_WS_URL", box.ws_url)
        yield box
        await door.reset()


def command_of(cell):
    line, _, body = cell.partition("\n")
    return grammar.parse(line.removeprefix("%%runware "), body)


def opened(cell, **names):
    return playground(command_of(cell.replace("\n", " --form\n", 1)), names)


def made(cell, **names):
    return list(plan(command_of(cell), names, door.session().catalog).tasks)


async def test_a_cell_that_is_not_changed_comes_back_as_it_is(box):
    play = opened(CELL, topic="a fox")

    assert play.cell == CELL


@pytest.mark.parametrize(
    "cell",
    [
        "%%runware image\na red fox",
        "%%runware image\n#| cfg: 3.5\n#| steps: 20\na red fox\n===\na blue fox",
        "%%runware image --raw\n{{ literal }}",
        "%%runware video --model alibaba-wan2-7\n#| duration: 3\n#| first_frame: '{{ shot }}'\nit turns",
        '%%runware text --name "two words"\n#| temperature: 0.5\nWhy?',
        "%%runware image\n#| seed: '{{ n }}'\n#| for_each: '{{ rows }}'\n{{ animal }}",
        "%%runware upscale --file a.png\n",
    ],
)
async def test_it_makes_the_tasks_that_the_cell_makes(box, cell):
    names = {"shot": Path("shot.png"), "n": 3, "rows": [{"animal": "fox"}, {"animal": "owl"}]}
    play = opened(cell, **names)

    assert list(play.plan().tasks) == made(cell, **names)
    assert made(play.cell, **names) == made(cell, **names)


async def test_what_is_changed_in_the_form_is_changed_in_the_cell_and_no_more(box):
    play = opened(CELL, topic="a fox")
    play.change({**play.task, "positivePrompt": "{{ topic }} at night, {{ style }}", "steps": 20})
    play.writer.sweep = "style: [noir]\nseed: [1, 2, 3]"

    assert play.cell.splitlines()[0] == CELL.splitlines()[0]
    assert play.cell.endswith("\n{{ topic }} at night, {{ style }}")
    assert [(t["positivePrompt"], t["seed"], t["steps"]) for t in play.plan().tasks] == [
        ("a fox at night, noir", seed, 20) for seed in (1, 2, 3)
    ]


async def test_it_tells_what_varies_and_what_is_wrong(box):
    play = opened(CELL, topic="a fox")
    assert play.writer.varied == {"seed": ["1", "2"]}
    assert len((await play.judge()).plan.tasks) == 4
    play.change({**play.task, "positivePrompt": "{{ nobody }}"})
    (flaw,) = (await play.judge()).flaws

    assert flaw.path == ""
    assert "there is no variable 'nobody'" in flaw.message


async def test_it_runs_all_tasks_and_the_cell_then_costs_nothing(box):
    play = opened(CELL, topic="a fox")
    play.go()
    await asyncio.wait({play._work})
    run = await door.run(made(play.cell, topic="a fox"))

    assert len(play.run) == 4
    assert all(result.cached for result in run)
    assert len(box.billed()) == 4


@pytest.mark.parametrize("kind", ["task", "chain", "template"])
async def test_cells_of_several_kinds_have_no_form(box, kind):
    with pytest.raises(UsageError, match="--form opens a cell of one kind"):
        playground(grammar.Command(kind), {})
