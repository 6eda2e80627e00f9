"""Ranks: how strong things are, by votes between two of them.

Bradley-Terry (Biometrika 39, 1952): the odds that one beats another are the ratio of their strengths. A tie counts half
a win for each. A ridge pulls strengths towards their mean, so that a thing that won all its votes stays finite.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from runware_nb.compare.opinions import Vote

if TYPE_CHECKING:
    import numpy as np

RIDGE: Final = 0.5
_STEPS: Final = 50
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
    """

    items: tuple[str, ...]
    theta: np.ndarray[Any, Any]
    covariance: np.ndarray[Any, Any]
    counts: np.ndarray[Any, Any]

    def odds(self, one: str, other: str) -> float:
        """Return the probability, 0 to 1, that one beats the other."""
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

    number = {item: n for n, item in enumerate(items)}
    wins = np.zeros((len(items), len(items)))
    for vote in votes:
        a, b = number.get(vote.left_item), number.get(vote.right_item)
        if a is None or b is None or a == b or vote.winner == "bad":
            continue
        won = {"left": 1.0, "right": 0.0}.get(vote.winner, 0.5)
        wins[a, b] += won
        wins[b, a] += 1 - won
    counts = wins + wins.T
    theta = np.zeros(len(items))
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(theta[None, :] - theta[:, None]))
        gradient = (wins - counts * p).sum(axis=1) - ridge * theta
        curvature = counts * p * (1 - p)
        hessian = np.diag(curvature.sum(axis=1) + ridge) - curvature
        step = np.linalg.solve(hessian, gradient) if len(items) else theta
        theta = theta + step
        if not len(items) or np.abs(step).max() < _ENOUGH:
            break
    theta = theta - theta.mean() if len(items) else theta
    p = 1 / (1 + np.exp(theta[None, :] - theta[:, None]))
    curvature = counts * p * (1 - p)
    hessian = np.diag(curvature.sum(axis=1) + ridge) - curvature
    centre = np.eye(len(items)) - 1 / max(1, len(items))
    covariance = centre @ np.linalg.inv(hessian) @ centre.T if len(items) else np.zeros((0, 0))
    return Strengths(tuple(items), theta, covariance, counts)


def teaching(fitted: Strengths, pairs: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], float]:
    """Return how much a vote on each pair would teach: most where it is open who wins and few votes are in."""
    told = {}
    for one, other in pairs:
        p = fitted.odds(one, other)
        count = fitted.counts[fitted.items.index(one), fitted.items.index(other)]
        told[one, other] = p * (1 - p) / (1 + float(count))
    return told
