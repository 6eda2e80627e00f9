"""History: the ledger or a part of it, read only when asked: every task of every notebook, and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runware_nb.api.runs import Run
from runware_nb.compare.costs import Costs, checked, of_ledger, of_savings
from runware_nb.compare.costs import costs as added_up
from runware_nb.compare.opinions import Opinion, Opinions
from runware_nb.errors import UnknownName, UsageError
from runware_nb.loops import wait_for
from runware_nb.memory import queries
from runware_nb.memory.ledger import MILLION, Ledger, used_of
from runware_nb.memory.queries import Entry, Part
from runware_nb.memory.revival import run_of
from runware_nb.reprs import Drawn

if TYPE_CHECKING:
    import pandas as pd

    from runware_nb.browsers import Browser


@dataclass(frozen=True, repr=False)
class History(Drawn):
    """A part of the ledger. Nothing is read before it is looked at.

    Parameters
    ----------
    ledger
        The ledger.
    part
        Which rows. They are chosen by SQLite, so that a narrow part of a large ledger is quick.
    tag
        Only what has this tag.
    """

    ledger: Ledger
    part: Part = field(default_factory=Part)
    tag: str | None = None

    def __repr__(self) -> str:
        told = [
            f"{f.name}={getattr(self.part, f.name)!r}"
            for f in fields(Part)
            if f.name != "keys" and getattr(self.part, f.name) not in (None, "")
        ]
        return f"<History {', '.join([*told, *([f'tag={self.tag!r}'] if self.tag else [])]) or 'of all'}>"

    def where(self, words: str | None = None, **conditions: Any) -> History:
        """Return a narrower part: see `runware_nb.history` for the conditions."""
        told = conditions if words is None else {**conditions, "words": f"{self.part.words} {words}".strip()}
        return replace(self, **narrowed(self.part, self.tag, told))

    def __len__(self) -> int:
        return wait_for(self.ledger.read(queries.count(self.settled)))

    @property
    def df(self) -> pd.DataFrame:
        """Its rows as a pandas DataFrame, the newest first; columns as in `Run.df`."""
        from runware_nb.compare.frames import history_frame

        given = self.opinions()
        rows = wait_for(self.ledger.read(queries.raw(self.settled)))
        return history_frame(map(queries.entry, rows), lambda key: given.get(key, Opinion()))

    def entries(self) -> list[Entry]:
        """Read its rows, the newest first."""
        return wait_for(self.ledger.read(queries.entries(self.settled)))

    def restore(self) -> Run:
        """Return its rows as one run, whose results are here at no cost."""
        return run_of(self.entries())

    def rate(self, *, stars: int | None = None, note: str | None = None, tags: Collection[str] | None = None) -> int:
        """Give all its results stars (1 to 5, 0 for none), a note, tags, and return how many got them.

        Raises
        ------
        UsageError
            For more than 5 stars.
        OSError
            When it cannot be written down.
        """
        done = {(entry.folder, entry.key) for entry in self.entries() if entry.status == "done"}
        for folder in sorted({folder for folder, _ in done}):
            home = Opinions(Path(folder))
            for key in sorted(key for where, key in done if where == folder):
                home.rate(key, stars=stars, note=note, tags=None if tags is None else tuple(tags))
        return len(done)

    def costs(self, by: str | Sequence[str] = (), budget: tuple[str, float] | None = None) -> Costs:
        """Add up what its rows cost: see `runware_nb.costs`."""
        names, given = checked(by), self.opinions()
        items = of_ledger(wait_for(self.ledger.read(queries.heaps(self.settled, names, given))), given)
        if self.part.most is None and self.part.status in {None, "done"} and not self.part.words and self.tag is None:
            items += [i for i in of_savings(wait_for(self.ledger.read(queries.savings))) if self._meant(i.place)]
        if budget is None:
            return added_up(items, names)
        name, limit = budget
        used = wait_for(self.ledger.read(lambda connection: used_of(connection, name)))
        return added_up(items, names, (used / MILLION, limit))

    def _meant(self, place: Mapping[str, Any]) -> bool:
        """Tell whether its conditions hold for what the cache saved."""
        part, day = self.part, str(place["day"])
        return (
            (part.model is None or part.model.lower() in str(place["model"]).lower())
            and (part.notebook is None or part.notebook.lower() in str(place["notebook"]).lower())
            and part.kind in {None, place["kind"]}
            and (part.since is None or day >= part.since.isoformat())
            and (part.until is None or day <= part.until.isoformat())
        )

    def rows(self, uuids: Iterable[str]) -> list[Entry]:
        """Read the rows of some tasks, whatever its conditions."""
        return wait_for(self.ledger.read(queries.named(list(dict.fromkeys(uuids)))))

    def pick(self, *uuids: str) -> Run:
        """Return what some tasks made as one run, whatever its conditions. Costs nothing.

        Parameters
        ----------
        *uuids
            Whole UUIDs of tasks, as in the column `task_uuid`.

        Raises
        ------
        UsageError
            When the ledger does not know one of them.
        """
        found: dict[str, list[Entry]] = {}
        for entry in self.rows(uuids):
            found.setdefault(entry.uuid, []).append(entry)
        if missing := [uuid for uuid in uuids if uuid not in found]:
            raise UsageError(f"the ledger does not know the task {missing[0][:36]}.")
        return run_of(entry for uuid in dict.fromkeys(uuids) for entry in found[uuid])

    def browse(self) -> Browser:
        """Open it as a page to search, filter, select and compare in; a table where no person is. Costs nothing.

        `rw.history().browse()`, or `%runware history`. Run again asks first, with its price. `.selected` of what this
        returns is the selection, as a run.
        """
        made: Browser = import_module("runware_nb.browsers").Browser(self, import_module("runware_nb.door").session)
        return made

    @property
    def settled(self) -> Part:
        """Its conditions, tags looked up."""
        if self.tag is None:
            return self.part
        keys = (key for key, opinion in self.opinions().items() if self.tag in opinion.tags)
        return replace(self.part, keys=frozenset(keys))

    def opinions(self) -> dict[str, Opinion]:
        """Return what people think, by the key of the result, from all folders that are still there."""
        folders = [Path(folder) for folder in wait_for(self.ledger.read(queries.folders))]
        several = [Opinions(folder) for folder in folders if folder.is_dir()]
        return {key: one.of(key) for one in several for key in one.keys}


_CONDITIONS = ("words", "model", "kind", "status", "since", "until", "notebook", "most", "tag")


def narrowed(part: Part, tag: str | None, told: dict[str, Any]) -> dict[str, Any]:
    """Return the part and tag that further conditions leave.

    Raises
    ------
    UnknownName, UsageError
        For a condition, kind or status that is not there, or a day that is none.
    """
    for name in told:
        if name not in _CONDITIONS:
            raise UnknownName("condition", name[:40], _CONDITIONS, f"Conditions: {', '.join(_CONDITIONS)}.")
    days = {name: _day(told[name]) for name in ("since", "until") if told.get(name) is not None}
    rest = {k: v for k, v in {**told, **days}.items() if v is not None and k != "tag"}
    return {"part": replace(part, **rest), "tag": told.get("tag") or tag}


def _day(told: Any) -> date:
    if isinstance(told, datetime):
        return told.date()
    if isinstance(told, date):
        return told
    try:
        return date.fromisoformat(str(told))
    except ValueError:
        raise UsageError(f"a day is YYYY-MM-DD, not {str(told)[:20]!r}.") from None
