"""Histories: a part of the ledger as a table, the newest rows first."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Final

from runware_nb import reprs
from runware_nb.api import wire
from runware_nb.compare.history import History
from runware_nb.display import figures
from runware_nb.display.tables import Listing, Table, listing_bundle
from runware_nb.memory.ledger import usd
from runware_nb.memory.queries import Entry

SHOWN: Final = 40
_COLUMNS: Final = ("task", "when", "kind", "model", "prompt", "state", "cost")


@reprs.mimebundle.register
def history_bundle(history: History) -> reprs.type_of_bundle:
    """Draw the newest rows, and how many more there are."""
    count = len(history)
    part = replace(history, part=replace(history.part, most=min(history.part.most or SHOWN, SHOWN)))
    rows = tuple(_row(entry) for entry in part.entries())
    return listing_bundle(Listing(Table(rows, _COLUMNS, max(0, count - len(rows)))))


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
