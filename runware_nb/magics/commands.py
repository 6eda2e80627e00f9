"""The lines: `%runware NAME …` without a kind. A new one is a row in `grammar.COMMANDS` and one in `_DOES`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from runware_nb import door
from runware_nb.display.totals import TotalsView
from runware_nb.errors import UsageError
from runware_nb.loops import wait_for
from runware_nb.magics import keeping, login
from runware_nb.magics.cells import Cell, Resume


def carry_out(name: str, rest: str, names: dict[str, Any]) -> tuple[Cell | None, Any]:
    """Carry out a line. Returns a cell to run, or else what to show in its place."""
    if name == "resume":
        _refuse(name, rest)
        return Cell(Resume(), names), None
    return None, _DOES[name](rest)


def _cost(rest: str) -> TotalsView:
    _refuse("cost", rest)
    return TotalsView(wait_for(door.session().totals()))


def _refuse(name: str, rest: str) -> None:
    if rest:
        raise UsageError(f"%runware {name} takes nothing after it, but there is {rest[:40]!r}.")


_DOES: Final[Mapping[str, Callable[[str], Any]]] = {
    "cost": _cost,
    "cache": keeping.cache,
    "login": login.login,
    "key": login.key,
}
