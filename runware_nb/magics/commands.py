"""The lines: `%runware NAME …` without a kind. A new one is a row in `grammar.COMMANDS` and one in `_DOES`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from runware_nb.display import cards, figures
from runware_nb.display.tables import Listing, Table
from runware_nb.errors import UsageError
from runware_nb.magics import browsing, config, doctor, jobs, keeping, login, nesting
from runware_nb.magics.cells import Cell, Resume


def carry_out(name: str, rest: str, names: dict[str, Any]) -> tuple[Cell | None, Any]:
    """Carry out a line. Returns a cell to run, or else what to show in its place."""
    if name == "resume":
        _refuse(name, rest)
        return Cell(Resume(), names), None
    if name == "save":
        browsing.save(rest, names)
        return None, None
    return None, _DOES[name](rest)


def _doctor(rest: str) -> Listing:
    _refuse("doctor", rest)
    return doctor.doctor()


def _config(rest: str) -> Listing:
    _refuse("config", rest)
    return config.listing()


def _jobs(rest: str) -> Listing | None:
    _refuse("jobs", rest)
    rows = tuple(
        (
            str(j.number),
            j.cell.title,
            j.cell.kind,
            j.state,
            figures.seconds(j.run.elapsed or 0),
            cards.total(j.run).words,
        )
        for j in jobs.JOBS
    )
    if not rows:
        print("There are no jobs: --bg runs a cell in the background.")  # noqa: T201  (told in the cell's output)
        return None
    return Listing(Table(rows, ("job", "name", "makes", "state", "time", "spent")))


def _wait(rest: str) -> None:
    name, _, seconds = rest.partition(" ")
    try:
        jobs.wait(name, float(seconds) if seconds else None)
    except ValueError:
        raise UsageError(f"{seconds[:20]!r} is no number of seconds: %runware wait 3 60.") from None


def _refuse(name: str, rest: str) -> None:
    if rest:
        raise UsageError(f"%runware {name} takes nothing after it, but there is {rest[:40]!r}.")


_DOES: Final[Mapping[str, Callable[[str], Any]]] = {
    "cost": browsing.cost,
    "cache": keeping.cache,
    "asyncio": nesting.asyncio_line,
    "config": _config,
    "doctor": _doctor,
    "history": browsing.history,
    "playground": browsing.playground,
    "model": browsing.model,
    "models": browsing.models,
    "show": browsing.show,
    "templates": browsing.templates,
    "jobs": _jobs,
    "wait": _wait,
    "cancel": jobs.cancel,
    "login": login.login,
    "key": login.key,
}
