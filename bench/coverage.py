"""How often the 95 % interval of a rank holds the truth, by the number of votes: `python bench/coverage.py [RUNS]`.

Strengths of 5 things are drawn anew in each run (spread 1.2), pairs by chance, ties as Davidson has them. With 20
votes, things much closer than that (spread 0.5) are held by 98 % of the intervals, those further apart (1.4) by 94 %.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from runware_nb.compare.ranks import RIDGE, fitted

VOTES = (20, 40, 80, 150, 300)
ITEMS, SPREAD, TIES = 5, 1.2, 0.6


def coverage(votes: int, runs: int, seed: int = 7, ridge: float = RIDGE) -> float:
    """Return the share of intervals, 0 to 1, that hold the truth."""
    chance = np.random.default_rng(seed)
    held = [_holds(votes, chance, ridge) for _ in range(runs)]
    return float(np.mean(held))


def _holds(votes: int, chance: np.random.Generator, ridge: float) -> np.ndarray[Any, Any]:
    truth = chance.normal(0, SPREAD, ITEMS)
    truth -= truth.mean()
    wins, drawn = simulated(truth, votes, chance)
    theta, _, covariance = fitted(wins, drawn, ridge)
    return np.abs(theta - truth) <= 1.96 * np.sqrt(np.diag(covariance))


def simulated(
    truth: np.ndarray[Any, Any], votes: int, chance: np.random.Generator, ties: float = TIES
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return votes between things of known strengths: who beat whom, and who were called equal."""
    wins, drawn = np.zeros((2, len(truth), len(truth)))
    for _ in range(votes):
        a, b = chance.choice(len(truth), 2, replace=False)
        half = np.exp((truth[a] - truth[b]) / 2)
        outcome = chance.random() * (half + 1 / half + ties)
        if outcome < half:
            wins[a, b] += 1
        elif outcome < half + 1 / half:
            wins[b, a] += 1
        else:
            drawn[a, b] += 1
            drawn[b, a] += 1
    return wins, drawn


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    for number in VOTES:
        print(f"{number:4} votes: {100 * coverage(number, count):.1f} % of {count * ITEMS:,} intervals hold the truth")
