"""How often the 95 % interval of a rank holds the truth: `python -m bench.coverage [RUNS]`, a quarter of an hour.

Strengths are drawn anew in each run, pairs by chance, ties as Davidson has them. An interval holds the truth if the
votes do not speak against it (`Strengths.interval` looks for the edges of just that).
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from runware_nb.compare.ranks import CHI, RIDGE, Strengths, fitted

SPREADS, ITEMS, VOTES = (0.0, 0.5, 1.2), (3, 5, 8), (20, 50, 100, 300)
TIES, SEED = 0.6, 7


def coverage(votes: int, runs: int, seed: int = SEED, items: int = 5, spread: float = 1.2) -> float:
    """Return the share of intervals, 0 to 1, that hold the truth."""
    chance = np.random.default_rng(seed)
    held = [_holds(votes, chance, items, spread) for _ in range(runs)]
    return float(np.mean(held))


def _holds(votes: int, chance: np.random.Generator, items: int, spread: float) -> list[bool]:
    truth = chance.normal(0, spread, items)
    truth -= truth.mean()
    wins, drawn = simulated(truth, votes, chance)
    theta, log_ties, covariance = fitted(wins, drawn, RIDGE)
    ties = float(np.exp(log_ties)) if drawn.any() else 0.0
    known = Strengths(tuple(map(str, range(items))), theta, covariance, wins + wins.T + drawn, wins, ties)
    return [known.against(known.above(n), float(truth[n])) <= CHI for n in range(items)]


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
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    print("spread  items " + "".join(f"{votes:4} votes" for votes in VOTES))
    for apart in SPREADS:
        for number in ITEMS:
            found = [coverage(votes, count, items=number, spread=apart) for votes in VOTES]
            print(f"{apart:6}  {number:5} " + "".join(f"{100 * share:10.1f}" for share in found), flush=True)
