"""Runs: events in, a new value out."""

from __future__ import annotations

from runware_nb.api.results import Result
from runware_nb.api.runs import Accepted, Arrived, Closed, Delta, Progress, Refused, Run
from runware_nb.api.tasks import Task
from runware_nb.errors import ContentRefused

A, B = (Task.of({"taskType": "imageInference", "taskUUID": u, "numberResults": 2}) for u in "ab")


def made(task, index=0, **item):
    return Arrived(Result.of(task, index, {"imageURL": "u", **item}))


def after(*events):
    run = Run.of([A, B])
    for event in events:
        run = run.after(event)
    return run


def test_results_stand_in_the_order_of_the_tasks_whatever_came_first():
    run = after(made(B), made(A, 1), made(A, 0))

    assert [(r.task.task_uuid, r.index) for r in run] == [("a", 0), ("a", 1), ("b", 0)]


def test_a_result_told_twice_counts_once():
    assert len(after(made(A), made(A))) == 1


def test_a_result_told_again_takes_the_place_of_the_first():
    run = after(made(A), made(B), made(B, 1), made(B, seed=7))

    assert [(r.task.task_uuid, r.index, r.seed) for r in run] == [("a", 0, None), ("b", 0, 7), ("b", 1, None)]


def test_the_part_at_a_place_takes_nothing_of_other_tasks():
    run = Run.of([A, B], axes=[{"style": "noir"}, {"style": "pop"}]).after(made(B)).where(style="noir")

    assert [r.task.task_uuid for r in run.after(made(B)).after(made(A))] == ["a"]


def test_a_task_goes_from_queued_to_done():
    stages = [run.stages["a"] for run in (after(), after(Accepted("a")), after(made(A)), after(made(A), made(A, 1)))]

    assert stages == ["queued", "running", "running", "done"]


def test_a_task_that_ends_early_is_done():
    assert after(made(A), Closed("a")).stages["a"] == "done"


def test_one_failure_beside_results_leaves_the_results():
    run = after(made(A), Refused("a", ContentRefused("no")), Closed("a"))

    assert (len(run), len(run.problems), run.stages["a"]) == (1, 1, "done")


def test_progress_and_text_are_kept_as_they_come():
    run = after(Progress("a", 40.0), Delta("b", "Hel"), Delta("b", "lo"))

    assert (run.progress["a"], run.partial["b"]) == (40.0, "Hello")


def test_one_unknown_price_makes_the_total_unknown():
    assert after(made(A, cost=0.1), made(A, 1)).cost is None


def test_the_sandbox_costs_no_money():
    run = after(Arrived(Result.of(A, 0, {"imageURL": "u", "cost": 0.1}, sandbox=True)))

    assert (run.cost, run.sandbox_cost) == (0.0, 0.1)


def test_a_foreign_result_changes_nothing():
    run = after()

    assert run.after(made(Task.of({"taskType": "imageInference", "taskUUID": "z"}))) is run
