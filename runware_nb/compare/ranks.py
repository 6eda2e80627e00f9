"""Ranks: how strong things are, by votes between two of them.

Bradley-Terry (Biometrika 39, 1952): the odds that one beats another are the ratio of their strengths. Ties are a third
outcome, as likely as Davidson says (JASA 65, 1970): the more, the closer two are. A slight ridge pulls strengths to
their mean, so that a thing that won all its votes stays finite. Without ties and ridge it is what `choix` fits.

Intervals are of scores (Rao, 1948), as Wilson's of a share: they hold each strength that the votes do not speak against
by a test of 5 %. A standard error would be of the ridge as much as of the votes, where these are few. Of 100 such
intervals this many hold the truth, in 1,000 simulated sets of votes a place (`python -m bench.coverage`, seed 7; 23 %
of the votes between equals are ties). Spread is that of the strengths: at 0.5 the better of two wins 63 % of decided
votes, at 1.2 it wins 75 %::

    spread  items   20 votes  50 votes 100 votes 300 votes
       0.0      3       94.9      94.4      95.9      94.3
       0.0      5       94.6      94.5      94.6      94.7
       0.0      8       95.6      94.7      94.9      94.8
       0.5      3       95.5      94.5      95.1      94.8
       0.5      5       94.9      94.9      94.3      95.1
       0.5      8       96.3      94.8      95.6      94.8
       1.2      3       96.0      94.4      94.8      95.0
       1.2      5       96.0      95.9      95.5      95.7
       1.2      8       97.0      95.5      95.4      94.8
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from runware_nb.compare.opinions import Vote

if TYPE_CHECKING:
    import numpy as np

RIDGE: Final = 0.1
CHI: Final = 3.841459
"""What a statistic of one degree of freedom exceeds once in 20 times."""
MANY: Final = 40
"""Items above which intervals are those of the curvature: scores would take seconds."""
_TIE_RIDGE: Final = 0.1
"""Likewise for the log of how common ties are: finite, if all votes are ties."""
_STEPS: Final = 100
_LONGEST: Final = 2.0
"""How far a step of Newton's method goes at most: the first from far off would overshoot."""
_ENOUGH: Final = 1e-9
_NEAR: Final = 1e-4
"""How exact the end of an interval is, as a share of it: a tenth of a point."""


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
    ridge
        How strongly strengths were pulled to their mean.
    """

    items: tuple[str, ...]
    theta: np.ndarray[Any, Any]
    covariance: np.ndarray[Any, Any]
    counts: np.ndarray[Any, Any]
    wins: np.ndarray[Any, Any]
    ties: float = 0.0
    ridge: float = RIDGE

    def odds(self, one: str, other: str) -> float:
        """Return the probability, 0 to 1, that one beats the other, if one of them wins."""
        import numpy as np

        a, b = self.items.index(one), self.items.index(other)
        return float(1 / (1 + np.exp(self.theta[b] - self.theta[a])))

    def apart(self, one: int, other: int) -> float:
        """Return how much the votes speak against two being equally strong."""
        import numpy as np

        between = np.zeros(len(self.items))
        between[[one, other]] = 1, -1
        return self.against(between, 0.0)

    def interval(self, item: int) -> tuple[float, float]:
        """Return the lowest and the highest strength of an item that the votes do not speak against (95 %)."""
        strength, half = float(self.theta[item]), math.sqrt(CHI * max(0.0, float(self.covariance[item, item])))
        if len(self.items) > MANY or not half:
            return strength - half, strength + half
        above = self.above(item)
        return _edge(self, above, strength, -half), _edge(self, above, strength, half)

    def above(self, item: int) -> np.ndarray[Any, Any]:
        """Return the contrast that tells how far an item is above the mean."""
        import numpy as np

        contrast = np.full(len(self.items), -1 / len(self.items))
        contrast[item] += 1
        return contrast

    def against(self, contrast: np.ndarray[Any, Any], value: float) -> float:
        """Return how much the votes speak against a contrast of strengths having a value: Rao's statistic.

        Above 3.84 they do, by a test of 5 %.
        """
        import numpy as np

        drawn = self.counts - self.wins - self.wins.T
        begun = np.append(self.theta, math.log(self.ties) if self.ties else 0.0)
        state = _climbed(begun, self.wins, drawn, self.ridge, (contrast, value))
        gradient, hessian = _slopes(state, self.wins, drawn, self.ridge, some=bool(drawn.any()))
        return float(gradient @ np.linalg.solve(hessian, gradient))


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
    return Strengths(tuple(items), theta, covariance, wins + wins.T + drawn, wins, ties, ridge)


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
    state = _climbed(np.zeros(n + 1), wins, drawn, ridge)
    _, hessian = _slopes(state, wins, drawn, ridge, some=some)
    centre = np.eye(n) - 1 / n
    covariance = centre @ np.linalg.inv(hessian)[:n, :n] @ centre
    return state[:n] - state[:n].mean(), float(state[n]), covariance


def _climbed(
    state: np.ndarray[Any, Any],
    wins: np.ndarray[Any, Any],
    drawn: np.ndarray[Any, Any],
    ridge: float,
    held: tuple[np.ndarray[Any, Any], float] | None = None,
) -> np.ndarray[Any, Any]:
    """Return the most likely state, by Newton's method; `held` is a contrast of strengths and its value."""
    import numpy as np

    n, some = len(state), bool(drawn.any())
    for _ in range(_STEPS):
        gradient, hessian = _slopes(state, wins, drawn, ridge, some=some)
        if held is None:
            step = np.linalg.solve(hessian, gradient)
        else:
            along, value = np.append(held[0], 0.0), held[1]
            edged = np.block([[hessian, along[:, None]], [along[None, :], np.zeros((1, 1))]])
            step = np.linalg.solve(edged, np.append(gradient, value - along @ state))[:n]
        step *= min(1.0, _LONGEST / max(_LONGEST, float(np.abs(step).max())))
        state = state + step
        if np.abs(step).max() < _ENOUGH:
            break
    return state


def _edge(known: Strengths, contrast: np.ndarray[Any, Any], begin: float, way: float) -> float:
    """Return where, to one side of the fit, votes begin to speak against a value: their root is about a line."""
    for _ in range(_STEPS):
        factor = math.sqrt(CHI / max(known.against(contrast, begin + way), 1e-9))
        way *= min(2.0, max(0.5, factor))
        if abs(factor - 1) < _NEAR:
            break
    return begin + way


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
