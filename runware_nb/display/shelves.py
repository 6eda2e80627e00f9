"""Shelves: the kept files of a folder as a table, the newest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from runware_nb.api import wire
from runware_nb.display import figures
from runware_nb.display.tables import Listing, Table
from runware_nb.memory.inventory import Kept

SHOWN: Final = 100
"""Files that are listed; the rest are counted."""
_PROMPT: Final = 70
_COLUMNS: Final = ("file", "size", "model", "prompt", "cost", "made")


@dataclass(frozen=True, slots=True)
class Shelf:
    """The kept files of a folder.

    Parameters
    ----------
    files
        The files.
    rows
        What the ledger knows of results, the newest first: see `Ledger.kept_in`.
    """

    files: Sequence[Kept]
    rows: Sequence[Mapping[str, Any]]

    def listing(self) -> Listing:
        """List them, a row a file; those that the ledger does not name come last."""
        rows = list(self._rows())
        return Listing(Table(tuple(rows[:SHOWN]), _COLUMNS, max(0, len(rows) - SHOWN)))

    def _rows(self) -> Iterator[tuple[str, ...]]:
        loose = {str(file.path.absolute()): file for file in self.files}
        for row in self.rows:
            for name in row["files"]:
                if file := loose.pop(name, None):
                    yield (file.path.name, figures.size(file.size), *_told(row))
        for file in loose.values():
            yield (file.path.name, figures.size(file.size), "not in the ledger", "", "", "")


def _told(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    request = row["request"]
    words = figures.shortened(wire.prompt_of(request) or "", _PROMPT)
    cost = "play money" if row["sandbox"] else figures.cost(row["cost_usd"])
    return str(request.get("model") or request.get("taskType")), words, cost, str(row["arrived"])[:16].replace("T", " ")
