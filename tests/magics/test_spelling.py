"""Spelling: the cell that is written for a task is read as that very task, for every model."""

from __future__ import annotations

from pathlib import Path

import pytest

from runware_nb import spelling
from runware_nb.catalog import bundled
from runware_nb.catalog.starting import start
from runware_nb.magics import grammar
from runware_nb.magics.plans import plan

MODELS = list(bundled())
FLUX = {"taskType": "imageInference", "model": "runware:101@1", "width": 1024, "height": 1024}


def read(cell):
    line, _, body = cell.partition("\n")
    made = plan(grammar.parse(line.removeprefix("%%runware "), body), {}, bundled())
    return list(made.tasks)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.slug)
def test_the_least_task_of_a_model_is_written_and_read_as_it_is(model):
    task = start(model, bundled(), lambda medium: Path(f"some {medium}.bin"))

    assert read(spelling.cell(task, bundled())) == [task]


@pytest.mark.parametrize(
    "more",
    [
        {"positivePrompt": "a fox\n\n  with lines"},
        {"positivePrompt": "a fox\n===\nno second prompt"},
        {"positivePrompt": "#| steps: 3"},
        {"positivePrompt": "---\nsteps: 3\n---"},
        {"positivePrompt": "  blanks around  "},
        {"positivePrompt": "{{ braces }} and \"quotes\" 'both'"},
        {"positivePrompt": "fox", "seed": 2**63 + 5},
        {"positivePrompt": "fox", "width": 512, "height": 768, "seed": 0, "numberResults": 4},
        {"positivePrompt": "fox", "negativePrompt": "yes", "scheduler": "DPM++ 2M", "CFGScale": 3.5},
        {"positivePrompt": "fox", "lora": [{"model": "civitai:1@2", "weight": 0.8}], "safety": {"checkContent": True}},
        {"positivePrompt": "fox", "inputs": {"seedImage": Path('odd "name".png')}, "strength": 0.7},
        {"positivePrompt": "fox", "inputs": {"seedImage": "https://x.example/a.png"}, "acceleratorOptions": {"a": 1}},
        {"positivePrompt": "fox", "unknownThing": {"snake_case": [1, None]}},
    ],
    ids=lambda more: next(iter(more.values()))[:12] + "-".join(more)[14:40],
)
def test_a_task_is_written_and_read_as_it_is(more):
    task = {**FLUX, **more}

    assert read(spelling.cell(task, bundled())) == [task]


def test_a_film_between_two_frames_is_written_as_people_would():
    frames = [{"image": Path("a.png"), "frame": "first"}, {"image": Path("b.png"), "frame": "last"}]
    task = {
        "taskType": "videoInference", "model": "alibaba:wan@2.7", "positivePrompt": "it turns", "duration": 5,
        "inputs": {"frameImages": frames},
    }  # fmt: skip

    cell = spelling.cell(task, bundled())
    assert read(cell) == [task]
    assert cell.splitlines()[0] == "%%runware video --model alibaba-wan2-7"
    assert "#| first_frame: '{{ file(\"a.png\") }}'" in cell


def test_a_conversation_is_written_with_its_last_words_as_the_prompt():
    said = [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4"}]
    task = {
        "taskType": "textInference", "model": "anthropic:claude@sonnet-4.6",
        "messages": [*said, {"role": "user", "content": "and 3?"}],
        "tools": [{"name": "sum", "schema": {"type": "object", "properties": {"city": {"type": "number"}}}}],
    }  # fmt: skip

    cell = spelling.cell(task, bundled())
    assert read(cell) == [task]
    assert cell.endswith("\nand 3?")
