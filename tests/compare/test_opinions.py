"""Opinions and votes: kept, taken back, and what they teach."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from runware_nb.api.results import Result
from runware_nb.api.tasks import Task
from runware_nb.compare import ranks
from runware_nb.compare.boards import Board
from runware_nb.compare.contests import Contest, axis_of
from runware_nb.compare.opinions import NAME, Opinion, Opinions, Vote
from runware_nb.errors import UsageError


def vote(left, right, winner):
    return Vote(left, right, left, right, "{}", winner, axis="model")


def test_opinions_are_there_again_in_another_kernel(tmp_path):
    first = Opinions(tmp_path)
    first.rate("k", stars=4)
    first.rate("k", note="soft <b>light</b>", tags=("keep", "ünï"))
    first.vote(vote("a", "b", "left"))
    again = Opinions(tmp_path)

    assert again.of("k") == Opinion(4, "soft <b>light</b>", ("keep", "ünï"))
    assert again.votes == first.votes
    assert again.of("other") == Opinion()


def test_a_vote_taken_back_is_gone(tmp_path):
    opinions = Opinions(tmp_path)
    opinions.vote(vote("a", "b", "left"))
    opinions.vote(vote("a", "b", "tie"))

    assert opinions.undo().winner == "tie"
    assert [v.winner for v in Opinions(tmp_path).votes] == ["left"]
    assert opinions.undo().winner == "left"
    assert opinions.undo() is None


@pytest.mark.parametrize(
    "wrong", [{"stars": 6}, {"stars": -1}, {"stars": True}, {"note": "x" * 10_001}, {"tags": ("",)}]
)
def test_what_is_no_opinion_is_refused_and_not_written(tmp_path, wrong):
    opinions = Opinions(tmp_path)

    with pytest.raises(UsageError):
        opinions.rate("k", **wrong)

    assert not (tmp_path / NAME).exists()


@pytest.mark.parametrize("line", ["", "{", "[]", "null", '{"kind": "vote"}', '{"kind": "undo"}', '{"kind": "x"}', '{"kind": "opinion", "key": "k", "stars": 9, "note": "", "tags": []}'])  # fmt: skip
def test_a_broken_line_costs_only_itself(tmp_path, line):
    Opinions(tmp_path).rate("k", stars=3)
    with (tmp_path / NAME).open("a") as file:
        file.write(f"{line}\n")
    Opinions(tmp_path).rate("j", stars=2)
    again = Opinions(tmp_path)

    assert (again.of("k").stars, again.of("j").stars) == (3, 2)


def test_strengths_follow_the_votes_and_stay_finite_when_one_wins_all():
    votes = [vote("a", "b", "left")] * 8 + [vote("c", "b", "left")] * 4 + [vote("b", "c", "left")] * 4
    fitted = ranks.strengths(votes, ["a", "b", "c"])

    assert fitted.theta[0] > fitted.theta[1]
    assert np.isfinite(fitted.theta).all()
    assert fitted.odds("a", "b") > 0.8
    assert fitted.odds("b", "c") == pytest.approx(0.5, abs=0.05)
    assert fitted.counts[1, 2] == 8


def test_ties_count_half_for_each_and_both_bad_for_none():
    even = ranks.strengths([vote("a", "b", "tie")] * 5 + [vote("a", "b", "bad")] * 5, ["a", "b"])

    assert even.odds("a", "b") == pytest.approx(0.5)
    assert even.counts[0, 1] == 5


def board(models=("x", "y", "z"), seeds=(1, 2)):
    made = Board(
        {"model": list(models), "seed": list(seeds)},
        lambda p: Task.of({"taskType": "textInference", "model": p["model"], "x-seed": p["seed"]}),
    )
    for cell in made.cells:
        cell.state, cell.results = "done", (Result.of(cell.task, 0, {"text": f"text {cell.id}"}),)
    return made


def contest(made):
    return Contest(made, "model", lambda cell: f"key {cell.id}")


def test_pairs_differ_on_the_voted_axis_alone_and_are_here():
    made = board()
    made.cells[0].results = ()
    pairs = list(contest(made).pairs())

    assert len(pairs) == 1 + 3
    assert all(made.place(a)["seed"] == made.place(b)["seed"] for a, b in pairs)


def test_results_that_look_the_same_are_not_voted_on():
    made = board(seeds=(1,))
    for cell in made.cells[:2]:
        cell.results = (Result.of(cell.task, 0, {"text": "same"}),)

    assert len(list(contest(made).pairs())) == 2


def test_every_pair_is_judged_once_and_then_there_is_none():
    made, votes = board(), []
    match = contest(made)
    for _ in range(6):
        left, right = match.next(votes)
        votes.append(match.vote(left, right, "tie", ms=900))

    assert match.next(votes) is None
    assert len({frozenset((v.left, v.right)) for v in votes}) == 6
    assert votes[0].context in {'{"seed": "1"}', '{"seed": "2"}'}


def test_the_next_pair_is_where_it_is_open_who_wins_and_few_have_voted():
    made = board(seeds=range(40))
    votes = [vote("x", "y", "left")] * 30
    seen = {frozenset(made.place(c)["model"] for c in contest(made).next(votes)) for _ in range(20)}

    assert frozenset(("x", "y")) not in seen


def test_left_and_right_are_by_chance():
    made = board(models=("x", "y"), seeds=(1,))
    lefts = [made.place(contest(made).next([])[0])["model"] for _ in range(60)]

    assert set(lefts) == {"x", "y"}


@pytest.mark.parametrize(
    ("axes", "expected"),
    [
        ({"model": ["x", "y"], "seed": [1, 2]}, "model"),
        ({"model": ["x"], "seed": [1, 2]}, "seed"),
        ({"prompt": ["a", "b"], "style": ["c", "d"]}, "style"),
        ({"model": ["x"]}, None),
    ],
)
def test_models_are_voted_on_else_the_last_axis(axes, expected):
    made = Board(axes, lambda _: Task.of({"taskType": "textInference"}))

    assert axis_of(made) == expected


def test_the_order_of_votes_does_not_matter():
    votes = [vote("a", "b", "left"), vote("b", "c", "right"), vote("a", "c", "tie")]
    fitted = [ranks.strengths(list(order), ["a", "b", "c"]).theta for order in itertools.permutations(votes)]

    assert all(np.allclose(theta, fitted[0]) for theta in fitted)
