"""Filling in: values only, once, and nothing but values."""

from __future__ import annotations

from pathlib import Path

import pytest

from runware_nb.api.results import Result
from runware_nb.api.tasks import Task
from runware_nb.errors import UsageError
from runware_nb.magics.templates import fill


def test_a_variable_is_put_into_text():
    assert fill("{{ topic }} at dusk", {"topic": "a harbour"}) == "a harbour at dusk"


def test_a_lone_expression_is_the_object_itself():
    picture = object()

    assert fill({"image": "{{ pictures[0] }}"}, {"pictures": [picture]})["image"] is picture


def test_file_names_a_file():
    assert fill("{{ file('photo.png') }}", {}) == Path("photo.png")


@pytest.mark.parametrize("text", ["{literal}", "$5", "{% if x %}", "{# note #}", ":name", "%s", "{ { x } }"])
def test_other_braces_and_signs_are_literal(text):
    assert fill(text, {"x": 1}) == text


def test_block_tags_beside_an_expression_stay_literal():
    assert fill("{% x %} {{ y }}", {"y": 1}) == "{% x %} 1"


def test_what_a_variable_holds_is_not_filled_in_again():
    assert fill("say {{ evil }}", {"evil": "{{ secret }}", "secret": "s"}) == "say {{ secret }}"


def test_a_result_of_text_is_written_as_its_text():
    verse = Result.of(Task.of({"taskType": "textInference"}), 0, {"text": "a sea"})

    assert fill("paint: {{ verse }}", {"verse": verse}) == "paint: a sea"


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match=r"no variable 'topik'\. Did you mean topic"):
        fill("{{ topik }} at dusk", {"topic": "x"})


def test_an_unknown_name_alone_is_refused_too():
    with pytest.raises(UsageError, match="no variable 'hero'"):
        fill("{{ hero[0] }}", {})


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ x.__init__.__globals__ }}",
        "a {{ x.__class__ }}",
        "{{ _private }}",
        "{{ items.append(1) }}",
        "{{ range(10**9) }}!",
        "{{ 'a' * 10**10 }}",
    ],
)
def test_expressions_reach_no_further_than_values(attack):
    with pytest.raises(UsageError):
        fill(f" {attack}.", {"x": object(), "_private": 1, "items": []})


def test_a_broken_expression_names_the_way_out():
    with pytest.raises(UsageError, match="--raw"):
        fill("{{ 1 + }} x", {})


def test_a_lone_unknown_name_is_refused():
    with pytest.raises(UsageError, match="no variable 'nothing'"):
        fill("{{ nothing }}", {})
