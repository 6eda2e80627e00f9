"""Browsedesk: a history on a page. It tells what is on screen, and takes to the browser what the user does.

A page names rows by their place among those that were found, and says of which finding that was: what it says of an
earlier one changes nothing. It never names a path. All of this happens on the background loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Final

from runware_nb import desks, reprs
from runware_nb.api import wire
from runware_nb.browsers import Browser, Offer, Sieve
from runware_nb.catalog import Catalog
from runware_nb.desks import Desk, Does, Message
from runware_nb.display import figures, histories, previews
from runware_nb.display.fronts import can_ask
from runware_nb.display.markup import html
from runware_nb.display.tables import listing_bundle
from runware_nb.display.thumbs import Thumb, thumb
from runware_nb.errors import RunwareError, UsageError
from runware_nb.loops import background, wait_for
from runware_nb.memory.ledger import MILLION, usd
from runware_nb.memory.queries import Entry
from runware_nb.memory.revival import revived
from runware_nb.widgets.history import HistoryView
from runware_nb.widgets.serving import href
from runware_nb.widgets.viewer import sources_of

INTERVAL: Final = 0.25
"""Seconds between two messages with pictures."""
_RATE: Final = 180_000
"""Bytes of pictures in one message: a Jupyter server drops what exceeds a megabyte a second."""
_SLICE: Final = 60
"""Rows in one message."""
_LOOKED: Final = 200
"""Rows that a page may look at: a screen has thirty."""
_VIEWED: Final = 24
_WORDS: Final = 260
_PATIENCE: Final = 3.0
"""Seconds that a cell waits for the ledger before it shows a page that says so."""

SAYS: Final = "<p>The history of Runware: run the cell again, in a notebook with a kernel, to browse it.</p>"


class BrowseDesk(Desk):
    """One browser, shown in one output."""

    def __init__(self, browser: Browser) -> None:
        super().__init__()
        self._browser = browser
        self._files: dict[str, Path] = {}
        self._pictures: deque[tuple[int, Entry]] = deque()
        self._look = self._siftings = 0
        self._wanted: Sieve | None = None
        self._sifting: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None
        self._still = SAYS
        self._view = HistoryView(
            self._asked, self._files.get, lambda: self._still, sieve=asdict(browser.sieve), found=self._found("loading")
        )

    def show(self) -> None:
        """Put it on the page, with its first rows as its static form."""
        wait_for(self._begin())
        super().show()

    def _at_rest(self) -> reprs.type_of_bundle:
        return {"text/plain": repr(self._browser), "text/html": self._still}, {}

    async def _begin(self) -> None:
        self._sift(self._browser.sieve)
        if self._sifting is not None:
            await asyncio.wait([self._sifting], timeout=_PATIENCE)

    # What the user does.

    def _fail(self, message: Message, error: RunwareError) -> None:
        self._answer(message, "failed", message=str(error))

    def _answer(self, content: Message, kind: str, **told: Any) -> None:
        with contextlib.suppress(Exception):  # a page that is gone
            self._view.send({"kind": kind, "of": content["kind"], "id": content.get("id"), **told})

    def _sifts(self, content: Message) -> None:
        self._sift(Sieve.read(content["sieve"]))

    def _sift(self, sieve: Sieve) -> None:
        """Find rows. While that is under way the last wish waits, and those before it are forgotten."""
        self._wanted = sieve
        if self._sifting is None or self._sifting.done():
            self._sifting = asyncio.ensure_future(self._sifted())

    async def _sifted(self) -> None:
        while self._wanted is not None:
            sieve, self._wanted = self._wanted, None
            told, state = "", "ready"
            self._siftings += 1
            try:
                await self._browser.sift(sieve)
            except RunwareError as error:
                told, state = str(error), "failed"
            await self._renew(sieve, state, told)

    async def _renew(self, sieve: Sieve, state: str, told: str) -> None:
        """Tell of what was found, in place of what was before."""
        self._pictures.clear()
        with contextlib.suppress(RunwareError):
            self._still = await _drawn(self._browser)
        if self._is_frozen:
            return
        with contextlib.suppress(Exception), self._view.hold_sync():  # a page that is gone
            self._view.set_trait("choices", self._choices())
            self._view.set_trait("sieve", asdict(sieve))
            self._view.set_trait("found", self._found(state, told))

    async def _looks(self, content: Message) -> None:
        """Tell of rows on screen: their words at once, their pictures as they are made."""
        rows = self._known(content, content["rows"])[:_LOOKED]
        self._look = look = self._look + 1
        self._pictures.clear()
        for begin in range(0, len(rows), _SLICE):
            told = await self._tell(rows[begin : begin + _SLICE])
            if look != self._look:
                return  # the page has scrolled on
            self._pictures.extend(told)
        if self._pictures and (self._telling is None or self._telling.done()):
            self._telling = asyncio.ensure_future(self._tell_pictures())

    async def _tell(self, rows: Sequence[int]) -> list[tuple[int, Entry]]:
        revision = self._browser.revision
        entries = list(zip(rows, await self._browser.entries(rows), strict=True))
        told = await asyncio.to_thread(lambda: [self._row(n, entry) for n, entry in entries])
        if revision != self._browser.revision or self._is_frozen:
            return []
        self._view.send({"kind": "rows", "revision": revision, "rows": told})
        return [(n, entry) for n, entry in entries if entry is not None]

    async def _tell_pictures(self) -> None:
        """Tell of pictures a few at a time. They are made in a thread."""
        while self._pictures and not self._is_frozen:
            revision = self._browser.revision
            since = background().time()
            told: list[dict[str, Any]] = []
            made: list[bytes] = []
            while self._pictures and sum(map(len, made)) < _RATE and background().time() - since < INTERVAL:
                row, entry = self._pictures.popleft()
                if small := await asyncio.to_thread(_picture, entry):
                    told.append({"row": row, "mime": small.mime})
                    made.append(small.data)
            if told and revision == self._browser.revision and not self._is_frozen:
                self._view.send({"kind": "pictures", "revision": revision, "pictures": told}, made)
            await asyncio.sleep(max(0, since + INTERVAL - background().time()) if self._pictures else 0)

    def _known(self, content: Message, rows: Sequence[Any]) -> list[int]:
        """Return the rows that a page means; refuse those of an earlier finding."""
        if content["revision"] != self._browser.revision:
            raise UsageError("the list has changed since: select again.")
        count = len(self._browser.found)
        return [n for n in rows if isinstance(n, int) and not isinstance(n, bool) and 0 <= n < count]

    def _meant(self, content: Message) -> list[int]:
        """Return the rows of a selection, which a page tells as ranges, last included."""
        self._known(content, ())
        return [*_unrolled(content["ranges"], len(self._browser.found))]

    def _selects(self, content: Message) -> None:
        self._browser.choose(self._meant(content))

    async def _opens(self, content: Message) -> None:
        """Tell what a viewer shows of rows."""
        rows = self._meant(content)[:_VIEWED]
        run = await self._browser.run_of(rows)
        is_pair = content.get("what") == "compare"
        sources, files = await asyncio.to_thread(
            sources_of, run.results, f"{len(self._files)}-", 1 if is_pair else None
        )
        if is_pair and len(sources) != 2:  # noqa: PLR2004
            raise UsageError("to compare takes two results whose files are on this machine.")
        self._files.update(files)
        self._answer(content, "opened", sources=sources)

    async def _rates(self, content: Message) -> None:
        rows = self._meant(content)
        stars = content.get("stars")
        add, remove = ([str(tag) for tag in content.get(name, [])] for name in ("add", "remove"))
        changed = await self._browser.rate(rows, stars=stars, add=add, remove=remove)
        if not self._is_frozen:
            self._view.set_trait("choices", self._choices())
        self._answer(content, "rated", changed=changed)

    async def _offers(self, content: Message) -> None:
        offer = await self._browser.offer(self._meant(content), fresh=content.get("fresh") is True)
        self._answer(content, "offered", **_offered(offer))

    async def _runs(self, content: Message) -> None:
        run = await self._browser.again(int(content["number"]))
        problems = "; ".join(dict.fromkeys(str(error) for _, error in run.problems))
        spent = 0 if all(r.cached for r in run.results) else run.sandbox_cost if run.sandbox else run.cost
        self._sift(self._browser.sieve)
        if self._sifting is not None:
            await self._sifting  # what is new is on the page before that is told
        self._answer(
            content, "made", made=len(run.results), spent=spent, sandbox=run.sandbox, problem=problems[:_WORDS],
            cached=sum(r.cached for r in run.results),
        )  # fmt: skip

    async def _reveals(self, content: Message) -> None:
        (row,) = self._meant(content)[:1]
        path = await self._browser.path(row)
        link = await asyncio.to_thread(href, path, content.get("root"), content.get("base"))
        self._answer(content, "revealed", path=str(path), href=link)

    async def _exports(self, content: Message) -> None:
        rows = self._meant(content)
        path = await self._browser.export(rows, str(content["name"]), str(content["ending"]))
        self._answer(content, "exported", name=path.name, rows=len(rows))

    async def _copies(self, content: Message) -> None:
        self._answer(content, "copied", text=await self._browser.code(self._meant(content)))

    _DOES: ClassVar[Mapping[str, Does]] = {
        "sift": _sifts,
        "look": _looks,
        "select": _selects,
        "open": _opens,
        "rate": _rates,
        "offer": _offers,
        "again": _runs,
        "reveal": _reveals,
        "export": _exports,
        "copy": _copies,
        "freeze": lambda self, _: self.freeze(),
    }

    # What the page is told.

    def _found(self, state: str, told: str = "") -> dict[str, Any]:
        sums = self._browser.sums
        return {
            "revision": self._browser.revision,
            "siftings": self._siftings,
            "state": state,
            "told": told,
            "rows": sums.rows,
            "spent": sums.spent / MILLION,
            "pretended": sums.pretended / MILLION,
            "unknown": sums.unknown,
            "whole": len(self._browser.found) == self._browser.all,
        }

    def _choices(self) -> dict[str, Any]:
        known = self._browser.choices
        return {
            "kinds": [*wire.BY_KIND],
            "models": [*known.models],
            "notebooks": [Path(name).name for name in known.notebooks],
            "tags": [*self._browser.tags],
        }

    def _row(self, number: int, entry: Entry | None) -> dict[str, Any]:
        """Tell of a row as `Row` in `js/src/past/protocol.ts` has it."""
        if entry is None:
            return {**_EMPTY, "row": number}
        thought = self._browser.opinion(entry)
        return {**_told(entry, self._browser.session.catalog), "row": number, "stars": thought.stars,
                "tags": list(thought.tags), "note": figures.shortened(thought.note, _WORDS)}  # fmt: skip


_EMPTY: Final[Mapping[str, Any]] = {
    "status": "failed", "medium": "", "kind": "", "model": "", "air": "", "words": "", "problem": "", "notebook": "",
    "name": "", "when": "", "cost": "", "sandbox": False, "stars": 0, "tags": [], "note": "",
}  # fmt: skip


def _told(entry: Entry, catalog: Catalog) -> dict[str, Any]:
    request = json.loads(entry.request)
    named = wire.BY_NAME.get(str(request.get("taskType")))
    known = catalog.get(str(request.get("model") or ""))
    words = wire.prompt_of(request) or ""
    result = revived(entry).result if entry.status == "done" else None
    cost = "" if entry.status != "done" else figures.cost(usd(entry.cost))
    return {
        "status": entry.status,
        "medium": result.medium if result else "",
        "kind": named.kind if named else str(request.get("taskType"))[:40],
        "model": known.slug if known else figures.encodable(str(request.get("model") or ""))[:80],
        "air": figures.encodable(str(request.get("model") or ""))[:120],
        "words": figures.shortened(figures.encodable(words), _WORDS),
        "problem": figures.shortened(figures.encodable(entry.problem or ""), _WORDS),
        "notebook": Path(entry.notebook).name if entry.notebook else "",
        "name": figures.shortened(figures.encodable(entry.name or ""), 60),
        "when": entry.created[:16].replace("T", " "),
        "cost": cost,
        "sandbox": bool(entry.sandbox),
    }


def _picture(entry: Entry) -> Thumb | None:
    """Make a small picture of a row; None for what has none, or whose files are gone or damaged."""
    with contextlib.suppress(RunwareError, OSError, ValueError):
        result = revived(entry).result
        return thumb(result, previews.SHEET_EDGE) if result else None
    return None


def _offered(offer: Offer) -> dict[str, Any]:
    quote = offer.quote
    return {
        "number": offer.number, "tasks": len(offer.tasks), "fresh": offer.mode == "fresh", "make": quote.make,
        "here": quote.here, "low": quote.low, "likely": quote.usd, "high": quote.high, "unpriced": quote.unpriced,
        "sandbox": quote.sandbox,
    }  # fmt: skip


def _unrolled(ranges: Sequence[Any], count: int) -> Iterator[int]:
    """Count a selection out. Beyond the rows that there are, there is nothing.

    Raises
    ------
    UsageError
        When its ranges are none, or not in order.
    """
    last = -1
    for pair in ranges:
        begin, end = pair
        if not isinstance(begin, int) or not isinstance(end, int) or begin <= last:
            raise UsageError("this is no selection.")
        last = min(end, count - 1)
        yield from range(max(0, begin), last + 1)


def show(browser: Browser) -> None:
    """Show a browser where a person is; elsewhere, its newest rows."""
    from IPython.display import display

    if not can_ask():
        wait_for(browser.sift(browser.sieve))
        entries = wait_for(_first(browser))
        data, _ = listing_bundle(histories.newest(entries, browser.sums.rows))
        told = {"text/plain": f"{histories.summed(browser.sums)}\n{data['text/plain']}", "text/html": still(browser)}
        display(told, raw=True)  # type: ignore[no-untyped-call]
        return
    desks.put(BrowseDesk(browser), browser)


def still(browser: Browser) -> str:
    """Return the HTML of what is found, as a table of the newest rows and their sums."""
    if browser.revision == 0:
        wait_for(browser.sift(browser.sieve))
    return wait_for(_drawn(browser))


async def _drawn(browser: Browser) -> str:
    entries = await _first(browser)
    listing = histories.newest(entries, browser.sums.rows)
    return await asyncio.to_thread(lambda: html("history", told=histories.summed(browser.sums), table=listing.table))


async def _first(browser: Browser) -> list[Entry]:
    rows = range(min(histories.SHOWN, len(browser.found)))
    return [entry for entry in await browser.entries(rows) if entry is not None]
