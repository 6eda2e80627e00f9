"""Totals: the sums of the ledger as a small table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runware_nb import reprs
from runware_nb.display.figures import money
from runware_nb.display.markup import html
from runware_nb.display.tables import Table
from runware_nb.memory.ledger import Totals


@dataclass(frozen=True, slots=True)
class TotalsView(reprs.Drawn):
    """What was spent, as a notebook shows it."""

    totals: Totals

    def rows(self) -> tuple[tuple[str, str, str], ...]:
        """Return name, figure and meaning of each sum."""
        t = self.totals
        flying, count = t.in_flight
        return (
            ("spent", money(t.spent), "prices the API told"),
            ("unknown", str(t.unknown), "results whose price it did not tell; they are in no sum"),
            ("in flight", money(flying), f"likely price of {count} task{'s' * (count != 1)} under way"),
            ("in doubt", str(t.doubtful), "tasks that may have run: %runware resume brings them back"),
            ("saved", money(t.saved), "prices of what was shown again from the cache"),
            ("sandbox", money(t.sandbox), "play money; it is in no other sum"),
        )


@reprs.mimebundle.register
def totals_bundle(view: TotalsView) -> reprs.type_of_bundle:
    """Draw the sums of the ledger."""
    rows = view.rows()
    plain = "\n".join(f"{name:10} {figure:>12}   {meaning}" for name, figure, meaning in rows)
    data: dict[str, Any] = {"text/plain": plain, "text/html": html("totals", table=Table(rows))}
    return data, {}
