"""Judgements: the notes of what a model said of pairs, above the ranking of its votes."""

from __future__ import annotations

from collections.abc import Iterator

from runware_nb.compare.judging import Agreement
from runware_nb.display.figures import money


def notes(
    question: str, model: str, told: tuple[int, int, int, int], agreement: Agreement, cost: tuple[float, bool]
) -> Iterator[str]:
    """Say what a judge was asked, how steady it was, what it cost, and how far it agrees with people.

    `told` is how many judgements were asked for, how many named no winner, how many pairs were judged both ways round,
    and how many of those with the same outcome; `cost` is USD and whether that is play money.
    """
    asked, unread, both, same = told
    yield f"{model} was asked: {question}"
    bad = f"; {unread} named no winner" if unread else ""
    yield f"{asked} judgements, {'play ' * cost[1]}{money(cost[0])}{bad}. These are votes of a model, none of a person."
    if both:
        yield f"Of {both} pairs judged both ways round, {same} had the same outcome."
    if not agreement.pairs:
        yield "Nobody has voted on the same pairs, so how far it agrees with people is not known."
        return
    figures = (("Cohen's kappa", agreement.kappa), ("Krippendorff's alpha", agreement.alpha))
    known = "".join(f", {name} {value:.2f}" for name, value in figures if value is not None)
    yield f"It agrees with people on {agreement.same} of {agreement.pairs} pairs{known}."
