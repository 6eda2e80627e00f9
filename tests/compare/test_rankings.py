"""Rankings: the fit is that of others, its intervals hold, and it says what it rests on."""

from __future__ import annotations

import csv
import json

import choix
import numpy as np
import pytest

from bench.coverage import coverage, simulated
from runware_nb import display, reprs
from runware_nb.compare import ranks
from runware_nb.compare.opinions import Opinions, Vote
from runware_nb.compare.rankings import SCALE, Ranking, voted, wilson
from runware_nb.errors import UsageError

assert display  # registers the drawings


def vote(left, right, winner, **more):
    return Vote(left, right, left, right, "{}", winner, axis="model", **more)


def many(*told):
    return [vote(a, b, w) for a, b, w, n in told for _ in range(n)]


@pytest.mark.parametrize("ridge", [1e-6, 0.1, 0.5, 2.0])
@pytest.mark.parametrize("seed", range(5))
def test_without_ties_the_strengths_are_those_of_choix(ridge, seed):
    chance = np.random.default_rng(seed)
    truth = chance.normal(0, 0.8, 6)
    wins, drawn = simulated(truth, 400, chance, ties=0)
    data = [(i, j) for i in range(6) for j in range(6) for _ in range(int(wins[i, j]))]
    theirs = choix.opt_pairwise(6, data, alpha=ridge / 2, tol=1e-10)  # its penalty has no half

    ours, _, _ = ranks.fitted(wins, drawn, ridge)

    assert np.abs(ours - (theirs - theirs.mean())).max() < 1e-3


def test_ties_are_fitted_as_davidson_has_them():
    truth = np.array([1.0, 0.2, -1.2])
    wins, drawn = simulated(truth, 20_000, np.random.default_rng(1), ties=0.8)

    theta, log_ties, _ = ranks.fitted(wins, drawn, 0.5)

    assert np.abs(theta - truth).max() < 0.08
    assert np.exp(log_ties) == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize(("votes", "spread"), [(20, 0.5), (20, 1.2), (100, 0.0), (300, 1.2)])
def test_the_interval_holds_the_truth_as_often_as_it_says(votes, spread):
    assert 0.93 <= coverage(votes, 100, seed=11, spread=spread) <= 0.97


@pytest.mark.parametrize("won", [0, 3, 8])
def test_an_interval_ends_where_the_votes_begin_to_speak_against_it(won):
    votes = many(("a", "b", "left", won), ("a", "b", "right", 8 - won), ("b", "c", "tie", 2), ("c", "d", "left", 1))
    known = ranks.strengths(votes, ["a", "b", "c", "d"])
    low, high = known.interval(0)

    assert low < known.theta[0] < high
    assert [known.against(known.above(0), end) for end in (low, high)] == pytest.approx([ranks.CHI] * 2, rel=1e-3)


@pytest.mark.parametrize(
    "votes",
    [[], many(("a", "b", "left", 30)), many(("a", "b", "tie", 30)), many(("a", "b", "bad", 3))],
    ids=["none", "one won all", "all ties", "all bad"],
)
def test_every_set_of_votes_gives_finite_strengths(votes):
    ranking = Ranking.of(votes, ["a", "b", "c"])

    assert all(np.isfinite([s.score, s.low, s.high]).all() for s in ranking.standings)
    assert reprs.mimebundle(ranking)[0]["text/html"]


def test_the_stronger_are_first_and_the_level_share_a_rank():
    ranking = Ranking.of(
        many(("a", "b", "left", 30), ("a", "b", "right", 4), ("b", "c", "left", 10), ("b", "c", "right", 9)),
        ["c", "b", "a"],
    )

    assert ranking.standings[0].item == "a"
    assert [s.group for s in ranking.standings] == [1, 2, 2]
    assert ranking.standings[0].score - ranking.standings[1].score == pytest.approx(
        SCALE * (ranking.strengths.theta[2] - ranking.strengths.theta[1])
    )


def test_more_votes_are_asked_for_where_two_are_level():
    close = Ranking.of(many(("a", "b", "left", 12), ("a", "b", "right", 8)), ["a", "b"])
    same = Ranking.of(many(("a", "b", "left", 10), ("a", "b", "right", 10)), ["a", "b"])
    clear = Ranking.of(many(("a", "b", "left", 30)), ["a", "b"])

    assert 20 < close.needs[0].votes < 500
    assert same.needs[0].votes is None
    assert clear.needs == []


def test_what_it_asks_for_is_about_what_parts_them():
    few = Ranking.of(many(("a", "b", "left", 26), ("a", "b", "right", 14)), ["a", "b"])
    total = 40 + few.needs[0].votes
    more = Ranking.of(
        many(("a", "b", "left", round(total * 0.65)), ("a", "b", "right", round(total * 0.35))), ["a", "b"]
    )

    assert [s.group for s in more.standings] == [1, 2]


def test_a_side_that_wins_too_often_is_told():
    biased = Ranking.of(many(("a", "b", "left", 20), ("b", "a", "left", 20)), ["a", "b"])
    fair = Ranking.of(many(("a", "b", "left", 20), ("a", "b", "right", 20)), ["a", "b"])

    assert biased.left[1] > 0.5
    assert fair.left[1] < 0.5 < fair.left[2]
    assert "side matters" in reprs.mimebundle(biased)[0]["text/plain"]


def test_without_a_vote_nothing_is_said_of_votes_but_how_to_get_some():
    told = reprs.mimebundle(Ranking.of([], ["a", "b"]))[0]["text/plain"]

    assert "await rw.judge(" in told
    assert "More votes" not in told


def test_parts_that_no_votes_connect_are_named():
    ranking = Ranking.of(many(("a", "b", "left", 3), ("c", "d", "left", 3)), ["a", "b", "c", "d"])

    assert ranking.apart == [["a", "b"], ["c", "d"]]
    assert "nothing is known between them" in reprs.mimebundle(ranking)[0]["text/plain"]


def test_wins_against_each_other_count_ties_half():
    ranking = Ranking.of(many(("a", "b", "left", 3), ("a", "b", "tie", 2), ("a", "b", "bad", 5)), ["a", "b"])

    assert ranking.matrix.loc["a", "b"] == 4
    assert (ranking.standings[0].wins, ranking.standings[0].ties, ranking.both_bad) == (3, 2, 5)
    assert list(ranking.df.columns[:2]) == ["item", "group"]


def test_votes_of_judges_are_kept_apart():
    votes = [vote("a", "b", "left", voter="judge:m"), vote("a", "b", "right", voter="ann")]

    assert [len(voted(votes, who)) for who in ("people", "judges", "all")] == [1, 1, 2]


def test_exported_votes_come_back_and_are_no_formulas(tmp_path):
    votes = [*many(("=1+1", "b", "left", 2)), vote("b", "c", "tie", ms=5, voter="ann", at="2026-01-01")]
    ranking = Ranking.of(votes, ["=1+1", "b", "c"])
    told = ranking.export(tmp_path / "votes.jsonl").read_text()
    ranking.export(tmp_path / "opinions.jsonl")
    rows = list(csv.DictReader(ranking.export(tmp_path / "votes.csv").read_text().splitlines()))

    assert [json.loads(line)["winner"] for line in told.splitlines()] == ["left", "left", "tie"]
    assert Opinions(tmp_path).votes == votes
    assert rows[0]["left_item"] == "'=1+1"
    with pytest.raises(UsageError, match="jsonl or"):
        ranking.export(tmp_path / "votes.xlsx")


def test_wilsons_interval_is_that_of_the_books():
    assert wilson(8, 10) == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))


def test_names_of_items_are_escaped():
    page = reprs.mimebundle(
        Ranking.of(many(("<img src=x onerror=alert(1)>", "b", "left", 3)), ["<img src=x onerror=alert(1)>", "b"])
    )[0]

    assert "<img src=x" not in page["text/html"]
