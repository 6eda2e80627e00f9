"""Ranks: how strong things are, by votes between two of them.

Bradley-Terry (Biometrika 39, 1952): the odds that one beats another are the ratio of their strengths. Ties are a third
outcome, as likely as Davidson says (JASA 65, 1970): the more, the closer two are. A ridge pulls strengths towards their
mean, so that a thing that won all its votes stays finite. Without ties and ridge it is what `choix` fits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from runware_nb.compare.opinions import Vote

if TYPE_CHECKING:
    import numpy as np

RIDGE: Final = 0.5
_TIE_RIDGE: Final = 0.1
"""Likewise for the log of how common ties are: finite, if all votes are ties."""
_STEPS: Final = 100
_LONGEST: Final = 2.0
"""How far a step of Newton's method goes at most: the first from far off would overshoot."""
_ENOUGH: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Strengths:
    """Strengths on the natural log scale, whose mean is 0, and how unsure they are.

    Parameters
    ----------
    items
        What was compared.
    theta
        Strength of each: `shape (n,)`.
    covariance
        Of the strengths: `shape (n, n)`.
    counts
        Votes between each two, ties included, both-bad not: `shape (n, n)`.
    wins
        How often the first won against the second: `shape (n, n)`.
    ties
        Odds of a tie between two equals, against a win of one of them: 0 if there was none.
    """

    items: tuple[str, ...]
    theta: np.ndarray[Any, Any]
    covariance: np.ndarray[Any, Any]
    counts: np.ndarray[Any, Any]
    wins: np.ndarray[Any, Any]
    ties: float = 0.0

    def odds(self, one: str, other: str) -> float:
        """Return the probability, 0 to 1, that one beats the other, if one of them wins."""
        import numpy as np

        a, b = self.items.index(one), self.items.index(other)
        return float(1 / (1 + np.exp(self.theta[b] - self.theta[a])))


def strengths(votes: Sequence[Vote], items: Sequence[str], ridge: float = RIDGE) -> Strengths:
    """Fit strengths to votes by Newton's method.

    Parameters
    ----------
    votes
        The votes. Those on items that are not given, and those that call both bad, do not count.
    items
        What is compared.
    ridge
        How strongly strengths are pulled to their mean: as a vote or so.
    """
    import numpy as np

    wins, drawn = counted(votes, items)
    if not len(items):
        return Strengths((), np.zeros(0), np.zeros((0, 0)), wins, wins)
    theta, log_ties, covariance = fitted(wins, drawn, ridge)
    ties = float(np.exp(log_ties)) if drawn.any() else 0.0
    return Strengths(tuple(items), theta, covariance, wins + wins.T + drawn, wins, ties)


def counted(votes: Sequence[Vote], items: Sequence[str]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return how often each beat each, and how often each two were called equal."""
    import numpy as np

    number = {item: n for n, item in enumerate(items)}
    wins, drawn = np.zeros((2, len(items), len(items)))
    for vote in votes:
        a, b = number.get(vote.left_item), number.get(vote.right_item)
        if a is None or b is None or a == b or vote.winner == "bad":
            continue
        if vote.winner == "tie":
            drawn[a, b] += 1
            drawn[b, a] += 1
        elif vote.winner == "left":
            wins[a, b] += 1
        else:
            wins[b, a] += 1
    return wins, drawn


def fitted(
    wins: np.ndarray[Any, Any], drawn: np.ndarray[Any, Any], ridge: float
) -> tuple[np.ndarray[Any, Any], float, np.ndarray[Any, Any]]:
    """Return centred strengths, the log of how common ties are, and the covariance of the strengths."""
    import numpy as np

    n, some = len(wins), bool(drawn.any())
    state = np.zeros(n + 1)
    for _ in range(_STEPS):
        gradient, hessian = _slopes(state, wins, drawn, ridge, some=some)
        step = np.linalg.solve(hessian, gradient)
        step *= min(1.0, _LONGEST / max(_LONGEST, float(np.abs(step).max())))
        state = state + step
        if np.abs(step).max() < _ENOUGH:
            break
    _, hessian = _slopes(state, wins, drawn, ridge, some=some)
    centre = np.eye(n) - 1 / n
    covariance = centre @ np.linalg.inv(hessian)[:n, :n] @ centre
    return state[:n] - state[:n].mean(), float(state[n]), covariance


def _slopes(
    state: np.ndarray[Any, Any], wins: np.ndarray[Any, Any], drawn: np.ndarray[Any, Any], ridge: float, *, some: bool
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the gradient of the log posterior, and the negative of its curvature.

    A win counts 1 for its winner, a tie half for each: of these sums and the number of ties the model is an
    exponential family, so its curvature is their covariance.
    """
    import numpy as np

    n = len(wins)
    theta, ties = state[:n], float(np.exp(state[n])) if some else 0.0
    half = np.exp((theta[:, None] - theta[None, :]) / 2)
    whole = half + 1 / half + ties
    first, tie = half / whole, ties / whole
    counts = wins + wins.T + drawn
    mean = first + tie / 2
    spread = counts * (first + tie / 4 - mean**2)
    shared = counts * (tie / 2 - mean * tie)
    np.fill_diagonal(spread, 0)
    np.fill_diagonal(shared, 0)
    gradient, hessian = np.zeros(n + 1), np.zeros((n + 1, n + 1))
    gradient[:n] = (wins + drawn / 2 - counts * mean).sum(axis=1) - ridge * theta
    hessian[:n, :n] = np.diag(spread.sum(axis=1) + (ridge or 1e-12)) - spread
    hessian[n, n] = 1.0
    if some:
        gradient[n] = (drawn - counts * tie).sum() / 2 - _TIE_RIDGE * state[n]
        hessian[n, n] = (counts * tie * (1 - tie)).sum() / 2 + _TIE_RIDGE
        hessian[n, :n] = hessian[:n, n] = shared.sum(axis=1)
    return gradient, hessian


def teaching(known: Strengths, pairs: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], float]:
    """Return how much a vote on each pair would teach: most where it is open who wins and few votes are in."""
    told = {}
    for one, other in pairs:
        p = known.odds(one, other)
        count = known.counts[known.items.index(one), known.items.index(other)]
        told[one, other] = p * (1 - p) / (1 + float(count))
    return told
