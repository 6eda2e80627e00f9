"""Saved templates: cells to begin others with."""

from __future__ import annotations

import pytest

from runware_nb.catalog import bundled
from runware_nb.errors import UnknownName, UsageError
from runware_nb.magics import saved
from runware_nb.magics.grammar import parse
from runware_nb.magics.plans import plan


@pytest.fixture(autouse=True)
def nothing_saved(monkeypatch):
    monkeypatch.setattr(saved, "SAVED", {})


def tasks(line, body, **names):
    return plan(parse(line, body), names, bundled()).tasks


def test_a_cell_begins_with_its_template():
    saved.save(parse("template --name brand", "#| seed: 7\n#| steps: 20\nIn our colours: {{ body }}"))
    (task,) = tasks("image --with brand", "#| seed: 8\na fox")

    assert (task["positivePrompt"], task["seed"], task["steps"]) == ("In our colours: a fox", 8, 20)


def test_a_prompt_put_into_a_template_is_not_filled_in_again():
    saved.save(parse("template --name brand", "{{ body }} in {{ colour }}"))
    (task,) = tasks("image --with brand", "{{ words }}", words="{{ colour }}", colour="red")

    assert task["positivePrompt"] == "{{ colour }} in red"


@pytest.mark.parametrize(
    ("line", "body", "told"),
    [
        ("template", "{{ body }}", "wants a name"),
        ("template --name brand", "no place", "where the prompt goes"),
        ("template --name brand", "{{ body }}\n===\n{{ body }}", "one text"),
        ("template --name brand --with other", "{{ body }}", "begin with another"),
    ],
)
def test_what_is_no_template_is_not_saved(line, body, told):
    with pytest.raises(UsageError, match=told):
        saved.save(parse(line, body))


def test_an_unknown_template_is_refused_with_the_nearest():
    saved.save(parse("template --name brand", "{{ body }}"))

    with pytest.raises(UnknownName, match="Did you mean brand"):
        tasks("image --with brnd", "a fox")
