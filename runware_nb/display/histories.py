"""Histories: a part of the ledger as a table, the newest rows first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from runware_nb import reprs
from runware_nb.api import wire
from runware_nb.compare.history import History
from runware_nb.display import figures
from runware_nb.display.tables import Listing, Table, listing_bundle
from runware_nb.memory.ledger import MILLION, usd
from runware_nb.memory.listing import Sums
from runware_nb.memory.queries import Entry

SHOWN: Final = 40
_COLUMNS: Final = ("task", "when", "kind", "model", "prompt", "state", "cost")


@reprs.mimebundle.register
def history_bundle(history: History) -> reprs.type_of_bundle:
    """Draw the newest rows, and how many more there are."""
    count = len(history)
    part = replace(history, part=replace(history.part, most=min(history.part.most or SHOWN, SHOWN)))
    return listing_bundle(newest(part.entries(), count))


def newest(entries: Sequence[Entry], count: int) -> Listing:
    """Lay the newest rows of a history out, of so many."""
    return Listing(Table(tuple(_row(entry) for entry in entries), _COLUMNS, max(0, count - len(entries))))


def summed(sums: Sums) -> str:
    """Tell how many rows there are, and what they cost."""
    parts = [f"{sums.rows:,} row{'s' * (sums.rows != 1)}"]
    if sums.spent or not sums.pretended:
        parts.append(f"spent {figures.money(sums.spent / MILLION)}")
    if sums.pretended:
        parts.append(f"play money {figures.money(sums.pretended / MILLION)}")
    if sums.unknown:
        parts.append(f"{sums.unknown:,} of unknown price")
    return " · ".join(parts)


def _row(entry: Entry) -> tuple[str, ...]:
    request = json.loads(entry.request)
    named = wire.BY_NAME.get(str(request.get("taskType")))
    price = "" if entry.status != "done" else "play money" if entry.sandbox else figures.cost(usd(entry.cost))
    return (
        entry.uuid[:8],
        entry.created[:16].replace("T", " "),
        named.kind if named else str(request.get("taskType")),
        str(request.get("model") or ""),
        figures.shortened(wire.prompt_of(request) or "", 70),
        figures.shortened(entry.problem or entry.status, 80),
        price,
    )
