"""Rankings as a notebook shows them: intervals, wins against each other, and in words what they rest on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from runware_nb import reprs
from runware_nb.compare.rankings import FEW, JUDGE, Ranking
from runware_nb.display import charts
from runware_nb.display.figures import printable, shortened
from runware_nb.display.markup import html
from runware_nb.display.tables import Listing, Table, listing_bundle

_WIDEST: Final = 12
"""Items up to which wins against each other are shown."""


@dataclass(frozen=True, slots=True)
class _Line:
    group: str
    item: str
    score: str
    interval: str
    src: str
    share: str
    votes: str


@reprs.mimebundle.register
def ranking_bundle(ranking: Ranking, first: tuple[str, ...] = ()) -> reprs.type_of_bundle:
    """Draw a ranking, with some notes before its own."""
    lines, notes = _lines(ranking), [*first, *notes_of(ranking)]
    rows = tuple((x.group, x.item, x.score, x.interval, x.share, x.votes) for x in lines)
    columns = ("rank", ranking.axis or "item", "score", "95 %", "won", "votes")
    plain = listing_bundle(Listing(Table(rows, columns)))[0]["text/plain"] if rows else "nothing to rank"
    page = html("ranking", axis=ranking.axis or "item", lines=lines, matrix=_matrix(ranking), notes=notes)
    return {"text/plain": printable("\n".join([plain, *notes])), "text/html": page}, {}


def notes_of(ranking: Ranking) -> Iterator[str]:
    """Say what a ranking rests on, and what it lacks."""
    ties = sum(v.winner == "tie" for v in ranking.votes)
    contexts = len({v.context for v in ranking.votes})
    people = len({v.voter for v in ranking.votes if not v.voter.startswith(JUDGE)})
    judges = sorted({v.voter.removeprefix(JUDGE) for v in ranking.votes if v.voter.startswith(JUDGE)})
    whose = [f"{people} voter{'s' * (people != 1)}"] if people else []
    whose += [f"judged by {', '.join(judges)[:120]}"] if judges else []
    bad = f", {ranking.both_bad} both bad" if ranking.both_bad else ""
    told = f"{len(ranking.votes)} votes ({ties} ties{bad}) on {contexts} setting{'s' * (contexts != 1)}"
    yield "; ".join([told, *whose]) + "."
    if not ranking.votes:
        yield "Vote with the button Vote of a grid, or have a model do it: await rw.judge(grid, question, model=…)."
        return
    yield "Items of one rank are level, as far as these votes tell."
    if ranking.preliminary:
        yield f"Preliminary: an item should have {FEW} votes or more."
    if len(ranking.apart) > 1:
        parts = " | ".join(", ".join(part) for part in ranking.apart)
        yield f"No votes connect these parts, so nothing is known between them: {shortened(parts, 300)}."
    if left := ranking.left:
        share, low, high = left
        biased = "" if low <= 0.5 <= high else " The side matters to these voters: judge each pair both ways round."  # noqa: PLR2004
        yield f"The left one won {share:.0%} of decided votes ({low:.0%} to {high:.0%}).{biased}"
    for need in ranking.needs[:5]:
        pair = f"{shortened(need.better, 60)} from {shortened(need.other, 60)}"
        more = {None: "More votes will not part", 1: "About one more vote parts"}
        yield f"{more.get(need.votes) or f'About {need.votes:,} more votes part'} {pair}."


def _lines(ranking: Ranking) -> list[_Line]:
    low = min((s.low for s in ranking.standings), default=0.0)
    span = max((s.high for s in ranking.standings), default=1.0) - low or 1.0
    return [
        _Line(
            str(s.group),
            shortened(s.item, 80),
            f"{s.score:.0f}",
            f"{s.low:.0f} to {s.high:.0f}",
            charts.interval((s.low - low) / span, (s.score - low) / span, (s.high - low) / span),
            "–" if s.share is None else f"{s.share:.0%}",  # noqa: RUF001
            str(s.votes),
        )
        for s in ranking.standings
    ]


def _matrix(ranking: Ranking) -> list[tuple[str, list[tuple[str, str]]]] | None:
    """Return, for each item, its wins of the votes against each, and a background by their share."""
    known = ranking.strengths
    if not 1 < len(ranking.standings) <= _WIDEST:
        return None
    order = [known.items.index(s.item) for s in ranking.standings]
    return [(shortened(known.items[i], 40), [_cell(ranking, i, j) for j in order]) for i in order]


def _cell(ranking: Ranking, i: int, j: int) -> tuple[str, str]:
    known = ranking.strengths
    count = float(known.counts[i, j])
    if i == j or not count:
        return "", ""
    won = float(known.wins[i, j]) + (count - float(known.wins[i, j] + known.wins[j, i])) / 2
    return f"{won:g} of {count:g}", charts.heat(won / count)
