"""Rankings: votes made a table: who is how strong, how sure that is, who is level with whom, and what is still needed.

A ranking is about its voters and what they were shown, and says how much of each it rests on.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from runware_nb.compare import ranks
from runware_nb.compare.opinions import Vote
from runware_nb.compare.tables import guarded
from runware_nb.errors import UsageError
from runware_nb.reprs import Drawn

if TYPE_CHECKING:
    import pandas as pd

Z: Final = 1.959964
"""How many standard errors a 95 % interval goes to either side."""
SCALE: Final = 400 / math.log(10)
"""Points of the score that a strength of 1 makes: 400 points are odds of 10 to 1, as in chess."""
MIDDLE: Final = 1500
FEW: Final = 10
"""Votes an item should have; with fewer, its rank is preliminary."""
ENDLESS: Final = 100_000
"""Votes beyond which more will not part two things."""
_NOTHING: Final = 1e-9
JUDGE: Final = "judge:"
"""Begins the name of a voter that is a model."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How one item stands.

    Parameters
    ----------
    item
        What it is.
    group
        Its rank, from 1: items of one group are level, as far as the votes tell.
    score, low, high
        Its strength, 1500 on average, 400 points for odds of 10 to 1; and the 95 % interval of it.
    votes, wins, ties, losses
        Votes it was in, and how they went. Those that called both bad are in none.
    """

    item: str
    group: int
    score: float
    low: float
    high: float
    votes: int
    wins: int
    ties: int
    losses: int

    @property
    def share(self) -> float | None:
        """Share of its votes that it won, 0 to 1, a tie half; None without any."""
        return (self.wins + self.ties / 2) / self.votes if self.votes else None


@dataclass(frozen=True, slots=True)
class Need:
    """Votes that are likely still needed to part two neighbours; None if more will not part them."""

    better: str
    other: str
    votes: int | None


@dataclass(frozen=True, repr=False)
class Ranking(Drawn):
    """Standings, the strongest first, and what they rest on.

    Parameters
    ----------
    standings
        The items.
    strengths
        The fit.
    votes
        The votes, as given.
    axis
        What was compared.
    """

    standings: tuple[Standing, ...]
    strengths: ranks.Strengths
    votes: tuple[Vote, ...]
    axis: str = ""

    @classmethod
    def of(cls, votes: Sequence[Vote], items: Sequence[str], axis: str = "") -> Ranking:
        """Rank items by votes."""
        known = ranks.strengths(votes, items)
        return cls(tuple(_standings(known)), known, tuple(votes), axis)

    def __repr__(self) -> str:
        order = " > ".join("=".join(s.item for s in self.standings if s.group == g) for g in self.groups)
        return f"<Ranking of {len(self.votes)} votes: {order[:200]}>"

    @property
    def groups(self) -> list[int]:
        """The ranks there are."""
        return sorted({s.group for s in self.standings})

    @property
    def both_bad(self) -> int:
        """Votes that called both bad: they rank nothing."""
        return sum(v.winner == "bad" for v in self.votes)

    @property
    def left(self) -> tuple[float, float, float] | None:
        """Share of decided votes that the left one won, and its 95 % interval; None without any.

        If the interval does not hold 0.5, votes depend on the side something is shown on.
        """
        decided = Counter(v.winner for v in self.votes)
        won, count = decided["left"], decided["left"] + decided["right"]
        return (won / count, *wilson(won, count)) if count else None

    @property
    def apart(self) -> list[list[str]]:
        """Items in parts that no chain of votes connects: between parts nothing is known. There should be one."""
        return _parts(self.strengths)

    @property
    def preliminary(self) -> bool:
        """Whether an item has fewer than 10 votes."""
        return any(s.votes < FEW for s in self.standings)

    @property
    def needs(self) -> list[Need]:
        """For neighbours that are level, about how many more votes part them, if things go on as they did."""
        total = float(self.strengths.counts.sum() / 2)
        pairs = zip(self.standings, self.standings[1:], strict=False)
        return [_need(self.strengths, a.item, b.item, total) for a, b in pairs if a.group == b.group]

    @property
    def df(self) -> pd.DataFrame:
        """The standings as a pandas DataFrame, a row each."""
        import pandas as pd

        names = [f.name for f in fields(Standing)]
        table = pd.DataFrame([asdict(s) | {"share": s.share} for s in self.standings], columns=[*names, "share"])
        whole = dict.fromkeys(("group", "votes", "wins", "ties", "losses"), "Int64")
        return table.astype({"item": "string", **whole, **dict.fromkeys(("score", "low", "high", "share"), "Float64")})

    @property
    def matrix(self) -> pd.DataFrame:
        """How often each (row) won against each (column), the strongest first; ties are half a win."""
        import pandas as pd

        known = self.strengths
        order = [known.items.index(s.item) for s in self.standings]
        halves = (known.counts - known.wins - known.wins.T) / 2
        names = [s.item for s in self.standings]
        return pd.DataFrame((known.wins + halves)[order][:, order], index=names, columns=names)

    def export(self, path: str | Path) -> Path:
        """Write its votes, one a line, as `.jsonl` or `.csv`, and return where they are.

        Raises
        ------
        UsageError
            For another ending, or a place that cannot be written to.
        """
        target = Path(path).expanduser()
        if target.suffix not in {".jsonl", ".csv"}:
            raise UsageError(f"votes go into .jsonl or .csv, not {target.suffix or 'a file without ending'!r:.20}.")
        try:
            target.write_text(_csv(self.votes) if target.suffix == ".csv" else _jsonl(self.votes), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{target} cannot be written: {error.strerror}.") from None
        return target


def wilson(won: int, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson, JASA 22, 1927)."""
    if not count:
        return 0.0, 1.0
    p, z2 = won / count, Z * Z
    middle = (p + z2 / (2 * count)) / (1 + z2 / count)
    half = Z / (1 + z2 / count) * math.sqrt(p * (1 - p) / count + z2 / (4 * count * count))
    return max(0.0, middle - half), min(1.0, middle + half)


Voters = Literal["people", "judges", "all"]


def voted(votes: Iterable[Vote], voters: Voters) -> list[Vote]:
    """Return the votes of people, of models that judge, or all."""
    return [v for v in votes if voters == "all" or v.voter.startswith(JUDGE) == (voters == "judges")]


def _standings(known: ranks.Strengths) -> Iterable[Standing]:
    order = sorted(range(len(known.items)), key=lambda n: -known.theta[n])
    group, leader = 0, None
    for n in order:
        if leader is None or known.apart(leader, n) > ranks.CHI:
            group, leader = group + 1, n
        votes, wins, losses = (int(m[n].sum()) for m in (known.counts, known.wins, known.wins.T))
        bottom, top = known.interval(n)
        low, middle, high = (float(MIDDLE + SCALE * value) for value in (bottom, known.theta[n], top))
        yield Standing(known.items[n], group, middle, low, high, votes, wins, votes - wins - losses, losses)


def _need(known: ranks.Strengths, one: str, other: str, total: float) -> Need:
    """Say how many votes more part two: what speaks against their being level grows with the number of votes."""
    told = known.apart(known.items.index(one), known.items.index(other))
    if told < _NOTHING or not total:
        return Need(one, other, None)
    votes = math.ceil(total * (ranks.CHI / told - 1))
    return Need(one, other, max(1, votes) if votes < ENDLESS else None)


def _parts(known: ranks.Strengths) -> list[list[str]]:
    left, parts = set(range(len(known.items))), []
    while left:
        part, edge = set(), {min(left)}
        while edge:
            part |= edge
            edge = {j for i in edge for j in left if known.counts[i, j]} - part
        parts.append([known.items[n] for n in sorted(part)])
        left -= part
    return parts


def _jsonl(votes: Iterable[Vote]) -> str:
    return "".join(f"{json.dumps({'kind': 'vote', **asdict(vote)})}\n" for vote in votes)


def _csv(votes: Iterable[Vote]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    names = [f.name for f in fields(Vote)]
    writer.writerow(names)
    writer.writerows([guarded(getattr(vote, name)) for name in names] for vote in votes)
    return out.getvalue()
