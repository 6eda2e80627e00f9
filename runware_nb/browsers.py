"""Browser: the ledger's rows, sifted, and what is done with some of them: tagged, made again, written to a file.

A page shows it (`browsedesk.py`); this is the state behind the page, and knows no page. Only the background loop
touches it. Rows stay in SQLite: here are their order and their sums (`memory/listing.py`).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal

from runware_nb import desks, preferences
from runware_nb.api.runs import Run
from runware_nb.api.tasks import Task
from runware_nb.catalog import asking
from runware_nb.compare.history import History
from runware_nb.compare.opinions import Opinion, Opinions
from runware_nb.errors import UsageError
from runware_nb.loops import wait_for
from runware_nb.memory import listing, queries
from runware_nb.memory.listing import Choices, Listing, Sums
from runware_nb.memory.queries import Entry, Part
from runware_nb.memory.revival import run_of
from runware_nb.sessions import Quote, Session

ENDINGS: Final = ("csv", "parquet", "html", "zip")
MOST_AGAIN: Final = 64
"""Tasks that are made again at once."""
MOST_READ: Final = 5_000
"""Rows that are read whole at once: exported, or handed to Python."""
MOST_RATED: Final = 10_000
_LONGEST_NAME: Final = 80
_CODE: Final = 200


@dataclass(frozen=True, slots=True)
class Sieve:
    """Which rows are wanted, as the page has it: all text, empty where it does not matter.

    Parameters
    ----------
    words, model, kind, status, notebook, tag, since, until
        As in `runware_nb.history`.
    starred
        Only what has a star or more.
    money
        `live`, `sandbox`, or both.
    """

    words: str = ""
    model: str = ""
    kind: str = ""
    status: str = ""
    notebook: str = ""
    tag: str = ""
    since: str = ""
    until: str = ""
    starred: bool = False
    money: str = ""

    @classmethod
    def of(cls, history: History) -> Sieve:
        """Return what a history asks for."""
        told = {name: getattr(history.part, name) for name in _TEXTS}
        return cls.read({**{k: v for k, v in told.items() if v is not None}, "tag": history.tag})

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Sieve:
        """Take what a page says: text of no great length, and nothing else."""
        texts: dict[str, Any] = {name: str(told.get(name) or "")[:_LONGEST_TEXT] for name in (*_TEXTS, "tag", "money")}
        return replace(cls(**texts), starred=told.get("starred") is True)

    @property
    def sandbox(self) -> bool | None:
        """Play money alone, money alone, or None for both."""
        return {"live": False, "sandbox": True}.get(self.money)

    def history(self, base: History) -> History:
        """Return the part of a history that is wanted.

        Raises
        ------
        UsageError
            For what is no kind, status or day.
        """
        plain = History(base.ledger, replace(Part(), keys=base.part.keys, most=base.part.most))
        return plain.where(**{name: getattr(self, name) or None for name in (*_TEXTS, "tag") if getattr(self, name)})


_TEXTS: Final = ("words", "model", "kind", "status", "notebook", "since", "until")
_LONGEST_TEXT: Final = 300


@dataclass(frozen=True, slots=True)
class Offer:
    """What making some rows again would send, at what price. It holds for these very tasks."""

    number: int
    tasks: tuple[dict[str, Any], ...]
    mode: Literal["use", "fresh"]
    quote: Quote


class Browser:
    """A window on the ledger: see `History.browse`, which makes one.

    Parameters
    ----------
    history
        The part of the ledger to begin with.
    session
        Gives what makes things again.

    Attributes
    ----------
    sieve
        Which rows are wanted.
    found
        Numbers in the listing of the rows that are, the newest first.
    sums
        What they cost, together.
    choices
        What can be chosen from.
    revision
        Counts the times that `found` became another.
    """

    def __init__(self, history: History, session: Callable[[], Session]) -> None:
        self._history = history
        self._session = session
        self._listing = Listing()
        self._folders: dict[str, Opinions] = {}
        self._offer: Offer | None = None
        self._offers = 0
        self._chosen: tuple[int, ...] = ()
        self.sieve = Sieve.of(history)
        self.found: Sequence[int] = ()
        self.sums = Sums()
        self.choices = Choices()
        self.revision = 0

    def __repr__(self) -> str:
        return "<Browser of the history>"

    def _ipython_display_(self) -> None:
        import_module("runware_nb.browsedesk").show(self)

    def _repr_html_(self) -> str:
        """Serve front ends that ask for HTML alone, such as marimo."""
        return str(import_module("runware_nb.browsedesk").still(self))

    @property
    def session(self) -> Session:
        """What makes things again."""
        return self._session()

    @property
    def history(self) -> History:
        """The part of the ledger that is shown."""
        return self.sieve.history(self._history)

    @property
    def selected(self) -> Run:
        """What is selected on the page, as one run: `browser.selected.df`. Costs nothing.

        Raises
        ------
        UsageError
            When that is nothing, or more than 5,000 rows.
        """
        return wait_for(self.run_of(self._chosen))

    def freeze(self) -> None:
        """Make what shows it a static table, so that the saved notebook reads without a kernel."""
        desks.freeze(self)

    @property
    def all(self) -> int:
        """How many rows the ledger has."""
        return len(self._listing)

    @property
    def tags(self) -> tuple[str, ...]:
        """All tags that were given."""
        return tuple(sorted({tag for o in self._folders.values() for key in o.keys for tag in o.of(key).tags}))

    async def sift(self, sieve: Sieve) -> None:
        """Find the rows that are wanted. What was added to the ledger meanwhile is among them.

        Raises
        ------
        UsageError
            For a condition that cannot be, or when the ledger cannot be read.
        """
        ledger = self._history.ledger
        history = sieve.history(self._history)
        fresh = await ledger.read(listing.listing(self._listing))
        if fresh is not self._listing:
            self.choices = await ledger.read(listing.choices)
            await self._read_opinions()
        part = self._settled(history, sieve)
        found, sums = await ledger.read(listing.sift(part, fresh, sandbox=sieve.sandbox))
        self._listing, self.sieve, self.found, self.sums = fresh, sieve, found, sums
        self._chosen = ()
        self.revision += 1

    async def entries(self, rows: Sequence[int]) -> list[Entry | None]:
        """Read rows whole, by their place among those found; None for one that has changed since."""
        numbers = [self.found[n] for n in rows]
        return await self._history.ledger.read(listing.told(self._listing, numbers))

    def opinion(self, entry: Entry) -> Opinion:
        """Return what is thought of a row."""
        home = self._folders.get(entry.folder)
        return home.of(entry.key) if home else Opinion()

    def choose(self, rows: Iterable[int]) -> None:
        """Take what is selected."""
        self._chosen = tuple(islice(rows, MOST_READ + 1))

    async def run_of(self, rows: Sequence[int]) -> Run:
        """Return rows as one run.

        Raises
        ------
        UsageError
            When there are none, or too many.
        """
        if not rows:
            raise UsageError("nothing is selected.")
        _refuse_many(rows, MOST_READ, "read at once")
        found = await self.entries(rows)
        return run_of(entry for entry in found if entry is not None)

    async def rate(
        self, rows: Sequence[int], *, stars: int | None = None, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> int:
        """Give results stars, or tags and take tags away; and return how many results that changed.

        Raises
        ------
        UsageError
            For too many rows, or what is no tag.
        """
        _refuse_many(rows, MOST_RATED, "rated at once")
        given = [e for e in await self.entries(rows) if e is not None and e.status == "done"]
        return await asyncio.to_thread(self._rate, given, stars, tuple(add), frozenset(remove))

    def _rate(self, entries: Iterable[Entry], stars: int | None, add: Sequence[str], remove: frozenset[str]) -> int:
        changed = 0
        for folder, key in dict.fromkeys((entry.folder, entry.key) for entry in entries):
            home = self._folders.setdefault(folder, Opinions(Path(folder)))
            old = home.of(key)
            tags = tuple(dict.fromkeys(tag for tag in (*old.tags, *add) if tag not in remove))
            new = replace(old, stars=old.stars if stars is None else stars, tags=tags)
            if new != old:
                try:
                    home.rate(key, stars=new.stars, tags=new.tags)
                except OSError as error:
                    raise UsageError(f"{folder} cannot be written to: {error.strerror}.") from None
                changed += 1
        return changed

    async def offer(self, rows: Sequence[int], *, fresh: bool) -> Offer:
        """Tell what making rows again would send, and its price. Sends nothing.

        Parameters
        ----------
        rows
            Which. Several results of one task are one task.
        fresh
            Whether new samples are wanted even of what is here already.

        Raises
        ------
        UsageError
            For more than 64 tasks, or one that cannot be asked again.
        """
        entries = {entry.uuid: entry for entry in await self.entries(rows[:MOST_READ]) if entry is not None}
        if not entries:
            raise UsageError("nothing is selected that could be made again.")
        _refuse_many(list(entries), MOST_AGAIN, "made again at once")
        here = self.session
        asked = [Task.of(json.loads(entry.request)) for entry in entries.values()]
        tasks = tuple(asking.changed(task, {}, here.catalog) for task in asked)
        mode: Literal["use", "fresh"] = "fresh" if fresh else "use"
        quote = await here.quote(tasks, mode)
        self._offers += 1
        self._offer = Offer(self._offers, tasks, mode, quote)
        return self._offer

    async def again(self, number: int) -> Run:
        """Make again what was offered under a number, and was agreed to.

        Raises
        ------
        UsageError
            When that is not the last offer.
        """
        offer, self._offer = self._offer, None
        if offer is None or offer.number != number:
            raise UsageError("this is no longer what was offered: look at its price again.")
        cap = preferences.value("max_cost")
        return await self.session.run(offer.tasks, mode=offer.mode, max_cost=cap, agreed=True)

    async def path(self, row: int) -> Path:
        """Return where the first file of a row is.

        Raises
        ------
        UsageError
            When it has none that is still there.
        """
        run = await self.run_of([row])
        paths = [asset.path for result in run for asset in result.assets if asset.path and asset.path.is_file()]
        if not paths:
            raise UsageError("there is no file of this on this machine.")
        return paths[0]

    async def export(self, rows: Sequence[int], name: str, ending: str) -> Path:
        """Write rows into a file in the folder of the notebook, and return where it is. Nothing is overwritten.

        Parameters
        ----------
        rows
            Which.
        name
            Of the file: no folder, no ending.
        ending
            One of `ENDINGS`.

        Raises
        ------
        UsageError
            For another ending, a name that is none, or a place that cannot be written to.
        """
        if ending not in ENDINGS:
            raise UsageError(f"{ending[:20]!r} is no kind of file here: {', '.join(ENDINGS)}.")
        target = _free(_named(name), ending)
        run = await self.run_of(rows)
        return await asyncio.to_thread(_write, run, target)

    async def code(self, rows: Sequence[int]) -> str:
        """Return the Python that lays rows out as a grid of prompts and models.

        Raises
        ------
        UsageError
            For more than 200 rows, or none.
        """
        if not rows:
            raise UsageError("nothing is selected.")
        _refuse_many(rows, _CODE, "written as a cell")
        found = [entry for entry in await self.entries(rows) if entry is not None]
        names = "".join(f'    "{uuid}",\n' for uuid in dict.fromkeys(entry.uuid for entry in found))
        return f'rw.history().pick(\n{names}).df.rw.grid("prompt", "model")'

    def _settled(self, history: History, sieve: Sieve) -> Part:
        """Return the conditions, tags and stars looked up."""
        if history.tag is None and not sieve.starred:
            return history.part
        keys = {
            key
            for home in self._folders.values()
            for key in home.keys
            if (history.tag is None or history.tag in home.of(key).tags) and (home.of(key).stars or not sieve.starred)
        }
        base = history.part.keys
        return replace(history.part, keys=frozenset(keys if base is None else keys & base))

    async def _read_opinions(self) -> None:
        folders = [Path(folder) for folder in await self._history.ledger.read(queries.folders)]
        read = await asyncio.to_thread(lambda: {str(f): Opinions(f) for f in folders if f.is_dir()})
        self._folders = read


def _refuse_many(rows: Sequence[Any], most: int, done: str) -> None:
    if len(rows) > most:
        raise UsageError(f"{len(rows):,} are selected, but at most {most:,} are {done}: select fewer.")


def _named(name: str) -> str:
    """Take a name of a file that stays in its folder."""
    plain = name.strip()
    is_bad = not plain or plain.startswith(".") or len(plain) > _LONGEST_NAME or not plain.isprintable()
    if is_bad or set(plain) & set('/\\:*?"<>|'):
        raise UsageError(f"{name[:40]!r} is no name of a file: letters, digits, spaces, - and _ are.")
    return plain


def _free(name: str, ending: str) -> Path:
    """Return a path that nothing is at yet."""
    target, n = Path.cwd() / f"{name}.{ending}", 1
    while target.exists():
        n += 1
        target = target.with_name(f"{name}-{n}.{ending}")
    return target


def _write(run: Run, target: Path) -> Path:
    back = import_module("runware_nb.hindsight")
    if target.suffix != ".html":
        return Path(back.export(run, target))
    return Path(back.report(run, f"From the history, {datetime.now(UTC):%Y-%m-%d}", target))
