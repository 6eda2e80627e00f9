"""What a cell varies: sweeps, prompts, rows of a table."""

from __future__ import annotations

import pandas as pd
import pytest

from runware_nb.catalog import bundled
from runware_nb.errors import UnknownName, UsageError
from runware_nb.magics.grammar import parse
from runware_nb.magics.plans import plan


def planned(line, body, **names):
    return plan(parse(line, body), names, bundled())


def prompts(made):
    return [task["positivePrompt"] for task in made.tasks]


def test_a_sweep_makes_all_pairs_and_tells_where_each_task_is():
    made = planned("image", "#| sweep: {style: [noir, ink], seed: [1, 2]}\na {{ topic }}, {{ style }}", topic="fox")

    assert prompts(made) == ["a fox, noir", "a fox, noir", "a fox, ink", "a fox, ink"]
    assert [task["seed"] for task in made.tasks] == [1, 2, 1, 2]
    assert made.axes[1] == {"style": "noir", "seed": 2}


def test_an_axis_that_the_prompt_mentions_is_no_parameter():
    (first, _) = planned("image", "#| sweep: {quality: [low, high]}\na {{ quality }} fox").tasks

    assert (first["positivePrompt"], "outputQuality" in first) == ("a low fox", False)


def test_a_zipped_sweep_takes_values_side_by_side():
    made = planned("image", "#| sweep: {a: [1, 2], b: [x, y]}\n#| zip: true\n{{ a }}{{ b }}")

    assert prompts(made) == ["1x", "2y"]


def test_an_axis_can_be_a_column_of_a_frame():
    made = planned(
        "image", "#| sweep: {name: '{{ shop.title }}'}\n{{ name }}", shop=pd.DataFrame({"title": ["a", "b"]})
    )

    assert prompts(made) == ["a", "b"]


def test_each_row_of_a_frame_is_a_task_under_its_index():
    shop = pd.DataFrame({"title": ["cup", "bowl"]}, index=pd.Index(["c7", "b2"], name="sku"))
    made = planned("image", "#| for_each: {{ shop }}\n{{ title }}, studio", shop=shop)

    assert (prompts(made), made.axes) == (["cup, studio", "bowl, studio"], ({"sku": "c7"}, {"sku": "b2"}))


def test_what_a_row_holds_is_not_filled_in_again():
    made = planned("image", "#| for_each: {{ rows }}\n{{ title }}", rows=[{"title": "{{ secret }}"}], secret="x")

    assert prompts(made) == ["{{ secret }}"]


def test_several_prompts_are_an_axis():
    made = planned("image", "#| sweep: {seed: [1, 2]}\na fox\n===\na hare")

    assert [tuple(place.values()) for place in made.axes] == [("a fox", 1), ("a fox", 2), ("a hare", 1), ("a hare", 2)]


def test_a_grid_has_its_rows_first_and_its_columns_last():
    made = planned("image --grid seed,style", "#| sweep: {style: [noir], steps: [20], seed: [1]}\n{{ style }}")

    assert list(made.axes[0]) == ["seed", "steps", "style"]


def test_models_can_be_swept():
    made = planned("image", "#| sweep: {model: [bfl-flux-1-dev, 'runware:100@1']}\na fox")

    assert [task["model"] for task in made.tasks] == ["runware:101@1", "runware:100@1"]


@pytest.mark.parametrize(
    ("line", "body", "told"),
    [
        ("image", "#| sweep: noir\nx", "sweep wants names"),
        ("image", "#| sweep: {style: noir}\n{{ style }}", "no list of values"),
        ("image", "#| sweep: {seed: [1]}\n#| seed: 2\nx", "as a parameter and as an axis"),
        ("image --seed 1", "#| sweep: {seed: [1]}\nx", "as a parameter and as an axis"),
        ("image", "#| sweep: {with: [1]}\nx", "cannot be the name of an axis"),
        ("image", "#| for_each: 3\nx", "for_each wants a DataFrame"),
        ("image", "#| for_each: {{ empty }}\nx", "no rows"),
        ("image --grid a,b,c", "#| sweep: {a: [1], b: [1], c: [1]}\n{{ a }}{{ b }}{{ c }}", "one axis, or two"),
        (
            "image",
            "#| sweep: {seed: [1, 2, 3, 4, 5, 6, 7, 8, 9], steps: [20, 21, 22, 23, 24, 25, 26, 27]}\nx",
            "72 tasks",
        ),
        ("image", "#| sweep: {nonsense: [1, 2]}\nx", None),
    ],
)
def test_what_cannot_be_varied_is_refused(line, body, told):
    if told is None:
        assert len(planned(line, body).tasks) == 2  # the model's schema refuses it, when the cell is checked
        return
    with pytest.raises(UsageError, match=told):
        planned(line, body, empty=pd.DataFrame())


def test_a_grid_on_an_axis_that_is_not_there_is_refused_with_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean style"):
        planned("image --grid stile", "#| sweep: {style: [noir]}\n{{ style }}")


def test_a_parameter_newer_than_its_schema_is_passed_on():
    (task,) = planned("image", "#| x-brandNew: 3\na fox").tasks

    assert task["x-brandNew"] == 3
