"""Sweeps as tables, chains as graphs, quotes before the bill."""

from __future__ import annotations

import pytest

from runware_nb import reprs
from runware_nb.api.results import Result
from runware_nb.api.runs import Arrived, Refused, Run
from runware_nb.api.tasks import Task
from runware_nb.display.flows import flow
from runware_nb.display.layouts import layout, place
from runware_nb.display.players import Budget
from runware_nb.display.quotes import QuoteView
from runware_nb.errors import ApiError, UsageError
from runware_nb.sessions import Line, Quote

NASTY = "<img src=x onerror=alert(1)>"


def swept(*axes):
    tasks = [Task.of({"taskType": "textInference", "model": "minimax:m3@0"}) for _ in axes]
    run = Run.of(tasks, axes=axes)
    for number, task in enumerate(tasks):
        run = run.after(Arrived(Result(task, 0, {"text": f"answer {number}", "cost": 0.001})))
    return run


PAIRS = [{"style": s, "seed": n} for s in ("noir", NASTY) for n in (1, 2)]


def test_two_axes_make_a_table_of_rows_and_columns():
    table = layout(swept(*PAIRS), Budget())

    assert (table.down, table.across, table.columns) == ("style", "seed", ("1", "2"))
    assert [(name, [p.cards[0].text for p in places]) for name, places in table.rows] == [
        ("noir", ["answer 0", "answer 1"]),
        (NASTY, ["answer 2", "answer 3"]),
    ]


def test_one_axis_makes_tiles_that_tell_their_place():
    run = swept({"style": "noir"}, {"style": "ink"})

    assert layout(run, Budget()) is None
    assert [place(run, t.task_uuid) for t in run.tasks] == ["noir", "ink"]


def test_labels_are_text_on_the_page():
    page = reprs.mimebundle(swept(*PAIRS))[0]["text/html"]

    assert "&lt;img src=x" in page
    assert "<img src=x" not in page


def test_what_failed_and_what_is_open_have_their_places():
    run = Run.of([Task.of({"taskType": "textInference"}) for _ in PAIRS], axes=PAIRS)
    run = run.after(Refused(run.tasks[0].task_uuid, ApiError("no", code="no")))
    (_, first), _ = layout(run, Budget()).rows

    assert ([len(p.failures) for p in first], [p.waiting for p in first]) == ([1, 0], [0, 1])


def test_a_part_of_a_run_is_found_by_its_place():
    run = swept(*PAIRS)

    assert [r.text for r in run.where(seed=2)] == ["answer 1", "answer 3"]
    with pytest.raises(UsageError, match="no axis 'style2'; its axes: seed, style"):
        run.where(style2="noir")


def test_steps_stand_right_of_those_they_work_on():
    run = swept({"step": "a"}, {"step": "b"}, {"step": "c"})
    graph = flow(Run(run.tasks, run.results, stages=run.stages, axes=run.axes, steps={"a": (), "b": (), "c": ("a",)}))

    assert [[node.name for node in level] for level in graph] == [["a", "b"], ["c"]]
    assert graph[1][0].told == "c: done, works on a"


def test_axes_are_columns_of_the_frame():
    df = swept(*PAIRS).df

    assert list(df["style"]) == ["noir", "noir", NASTY, NASTY]


def test_a_quote_adds_up_what_is_known_and_counts_what_is_not():
    task = Task.of({"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": NASTY, "steps": 20})
    lines = Line(task, 2, (), 0.004, (0.002, 0.006)), Line(task, 1, (), None, None), Line(task, 0, (), 0.0, (0.0, 0.0))
    data, _ = reprs.mimebundle(QuoteView(Quote(lines), [{"seed": 1}, {"seed": 2}, {"seed": 3}]))

    assert data["text/plain"].splitlines()[-1] == (
        "3 results to make, about $0.004 (between $0.002 and $0.006), 1 of unknown price. Nothing was sent."
    )
    assert "made by another" in data["text/plain"]
    assert "<img src=x" not in data["text/html"]
