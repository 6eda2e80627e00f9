"""Judging: blind, both ways round, its price first, its votes apart, and how far judges agree."""

from __future__ import annotations

import json

import pytest

import runware_nb
from runware_nb import door
from runware_nb.compare import judging
from runware_nb.compare.opinions import Vote
from runware_nb.errors import BudgetExceeded, UsageError
from runware_nb.sandbox import Sandbox

SMALL = {"model": "runware:101@1", "size": "128x128"}


@pytest.fixture
async def rw(tmp_path, monkeypatch):
    with Sandbox(latency=(0, 0.02)) as box:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("RUNWARE_NB_HOME", str(tmp_path / "home"))
        for name, value in {"API_KEY": box.api_key, "BASE_URL": box.http_url, "WS_URL": box.ws_url}.items():
            monkeypatch.setenv(f"RUNWARE_{name}", value)
        yield runware_nb
        await door.reset()


def vote(left, right, winner, voter="ann"):
    return Vote(left, right, left, right, "{}", winner, voter=voter, axis="model")


async def judged(rw, **options):
    grid = rw.grid(prompt=["a fox", "a city"], steps=[10, 20, 30], **SMALL)
    await grid.run()
    return grid, rw.judge(
        grid, "Which is sharper?", model="openai:gpt@5-mini", axis="steps", max_cost="none", **options
    )


async def test_each_pair_is_judged_both_ways_round_without_a_name(rw, capsys):
    _, judge = await judged(rw)
    told = await judge
    asked = [json.dumps(task["messages"]) for task in judge.tasks]

    assert len(judge.tasks) == 2 * 2 * 3
    assert {(b.id, a.id) for a, b in judge.pairs} == {(a.id, b.id) for a, b in judge.pairs}
    assert all("Which is sharper?" in words and "runware" not in words and "steps" not in words for words in asked)
    assert "12 judgements by openai:gpt@5-mini: 12 of unknown price; 0 are here" in capsys.readouterr().out
    # The sandbox's model says A, whatever A is: no pair has the same outcome both ways round, and nobody is stronger.
    assert (told.asked, told.unread, told.both, told.same) == (12, 0, 6, 0)
    assert {s.group for s in told.ranking.standings} == {1}
    assert "of decided votes (" in told._repr_mimebundle_()[0]["text/plain"]
    assert told.ranking.left[1] > 0.5


async def test_a_judges_votes_are_kept_apart_from_those_of_people(rw):
    grid, judge = await judged(rw)
    await judge
    await rw.judge(grid, "Which is sharper?", model="openai:gpt@5-mini", axis="steps", max_cost="none")

    assert grid.opinions.votes == []
    assert len(rw.ranks(grid, "steps").votes) == 0
    assert len(rw.ranks(grid, "steps", voters="judges").votes) == 12


async def test_judging_again_costs_nothing(rw):
    grid, judge = await judged(rw)
    await judge
    again = grid.judge("Which is sharper?", model="openai:gpt@5-mini", axis="steps")

    assert (again.estimate().make, again.estimate().here) == (0, 12)
    assert (await again).cost == 0


async def test_its_price_is_held_to_the_cap(rw):
    grid = rw.grid(prompt=["a fox"], steps=[10, 20], **SMALL)
    await grid.run()

    with pytest.raises(BudgetExceeded):
        await rw.judge(grid, "Which?", model="google:gemini@3.5-flash", axis="steps", max_cost=0.0)


async def test_what_names_no_winner_is_no_vote(rw):
    grid = rw.grid(prompt=["a fox"], steps=[10, 20], **SMALL)
    await grid.run()
    told = await rw.judge(grid, "Which?", model="minimax:m3@0", axis="steps", max_cost="none")

    assert (told.asked, told.unread, len(told.ranking.votes)) == (2, 2, 0)


async def test_what_cannot_be_judged_is_refused(rw):
    grid = rw.grid(prompt=["a fox"], steps=[10, 20], **SMALL)

    with pytest.raises(UsageError, match="no two results"):
        rw.judge(grid, "Which?", model="openai:gpt@5-mini", axis="steps")
    with pytest.raises(UsageError, match="no text model"):
        rw.judge(grid, "Which?", model="runware:101@1", axis="steps")


@pytest.mark.parametrize(
    ("text", "winner"),
    [
        ('{"winner": "A"}', "left"),
        ('Sure!\n```json\n{ "winner" : "b" }\n```', "right"),
        ('{"winner":"tie"}', "tie"),
        (" B. ", "right"),
        ("bad", "bad"),
        ('{"winner": "A"} or {"winner": "B"}', None),
        ("A is better than B", None),
        ("", None),
        (None, None),
    ],
)
def test_an_answer_is_read_strictly(text, winner):
    assert judging.verdict(text) == winner


def test_agreement_is_that_of_the_books():
    pairs = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    units = [["a", "a"], ["b", "b"], ["b", "b"], ["a", "b"], ["a", "a", "a"], ["c"]]

    assert judging.cohen(pairs) == pytest.approx(0.4)
    assert judging.krippendorff(units) == pytest.approx(1 - 2 * 10 / (2 * 6 * 5), abs=1e-9)
    assert judging.cohen([]) is judging.krippendorff([["a"]]) is None


def test_people_and_judges_are_set_against_each_other_pair_by_pair():
    people = [vote("k1", "k2", "left"), vote("k3", "k4", "tie"), vote("k5", "k6", "right")]
    judges = [
        vote("k2", "k1", "right", "judge:m"), vote("k1", "k2", "left", "judge:m"),
        vote("k3", "k4", "left", "judge:m"), vote("k4", "k3", "left", "judge:m"),
        vote("k5", "k6", "left", "judge:m"), vote("k7", "k8", "left", "judge:m"),
    ]  # fmt: skip
    told = judging.agreement(people, judges)

    assert (told.pairs, told.same) == (3, 2)
    assert judging.consistency(judges) == (2, 1)
