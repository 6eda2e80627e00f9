"""Fetching: the catalogue in force, kept fresh by the public services, and whole without them.

What serves is the snapshot of the package, with copies of what the services told, whenever that was. Asking them
anew happens beside what a cell does, never before it: `soon` starts it and returns; `refresh` is for who wants to wait.
Answers younger than `TTL` are not asked for again; older ones with their tag, so that what is unchanged is not sent.
Whatever comes back wrong, or not at all, changes nothing but a line in `told`.

They are asked unbidden only beside a session on the API itself, with a key: a sandbox phones nobody, and
`RUNWARE_OFFLINE=1` neither.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Coroutine, Iterable
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit

from runware_nb import settings
from runware_nb.catalog import news, proving
from runware_nb.catalog.copies import Copies, Copy
from runware_nb.catalog.models import Catalog, bundled
from runware_nb.catalog.news import News
from runware_nb.errors import RunwareError, Unreachable, UsageError
from runware_nb.settings import Endpoint, Services

TTL: Final = 300.0
"""Seconds for which an answer counts as fresh."""
BOUND: Final = 3.0
"""Seconds that an answer may take."""
BOUND_OF_LIST: Final = 10.0
"""Seconds that the list of all models may take, of some 400 kB."""
_LARGEST: Final = 8 << 20
_LARGEST_PAGE: Final = 2 << 20
_MOST_PAGES: Final = 24
"""Models whose own pages are fetched at a time."""

Begin = Callable[[Coroutine[Any, Any, None]], object]


class Living:
    """The catalogue in force.

    Parameters
    ----------
    services
        Where to ask.
    copies
        Where answers are kept.
    problem
        What is wrong already, to be told.
    """

    def __init__(self, services: Services, copies: Copies, problem: str = "") -> None:
        self.services = services
        self._copies = copies
        self._problem = problem
        self._asked: dict[str, float] = {}
        self._lock = threading.Lock()
        self._catalog = self._read()

    @property
    def catalog(self) -> Catalog:
        """The newest that is here. Costs nothing."""
        return self._catalog

    @property
    def told(self) -> str:
        """Which catalogue serves and how old it is, in a line."""
        catalog = self._catalog
        if catalog.news is None:
            serves = f"the snapshot of {_day(catalog.snapshot_version)}, which came with the package"
        else:
            host = urlsplit(self.services.schemas).netloc
            serves = f"{host} of {_day(catalog.version)}, asked {_ago(time.time() - catalog.news.when)} ago"
        why = self._problem or ("RUNWARE_OFFLINE is set" if self.services.offline else "")
        return f"{len(catalog)} models: {serves}{f'; {why}' if why else ''}"

    def soon(self, airs: Iterable[str], begin: Begin) -> None:
        """Have what is old asked for anew, in the background: the lists, and the pages of some models.

        Parameters
        ----------
        airs
            Models in use.
        begin
            Runs a coroutine elsewhere, and returns at once.
        """
        if urls := self._due(airs):
            begin(self._ask_all(urls))

    async def refresh(self, airs: Iterable[str] = ()) -> str:
        """Ask for all of it now, fresh or not, and return `told`. Waits at most 10 seconds.

        Raises
        ------
        UsageError
            Where `RUNWARE_OFFLINE` forbids it.
        """
        if self.services.offline and self._problem:
            raise UsageError(f"{self._problem}.")
        if self.services.offline:
            raise UsageError("RUNWARE_OFFLINE is set, so the services are not asked: unset it first.")
        await self._ask_all([*self._lists, *self._pages(airs)])
        return self.told

    @property
    def _lists(self) -> tuple[str, str]:
        return f"{self.services.schemas}/registry.json", f"{self.services.content}/models"

    def _pages(self, airs: Iterable[str]) -> list[str]:
        known = [m for air in dict.fromkeys(airs) if (m := self._catalog.get(air))]
        return [url for model in known[:_MOST_PAGES] for url in self._page_urls(model.air, model.slug)]

    def _page_urls(self, air: str, slug: str) -> tuple[str, str]:
        return (
            f"{self.services.schemas}/resolve/{quote(air, safe=':@.-_')}",
            f"{self.services.content}/models/{quote(slug, safe='.-_')}/pricing",
        )

    def _due(self, airs: Iterable[str]) -> list[str]:
        """Choose what has not been asked for lately, and note that it is now: a service that is down is left alone."""
        now = time.time()
        with self._lock:
            urls = [
                url for url in (*self._lists, *self._pages(airs)) if not 0 <= now - self._asked.get(url, -TTL) < TTL
            ]
            self._asked |= dict.fromkeys(urls, now)
        return urls

    async def _ask_all(self, urls: Iterable[str]) -> None:
        gate = asyncio.Semaphore(6)

        async def ask(url: str) -> str:
            async with gate:
                return await self._ask(url)

        problems = await asyncio.gather(*map(ask, urls))
        self._problem = next((problem for problem in problems if problem), "")
        self._catalog = await asyncio.to_thread(self._read)

    async def _ask(self, url: str) -> str:
        """Ask one address, and keep what it tells if it is of use. Returns what went wrong, if anything."""
        from runware_nb.api.transport import public

        is_list = url in self._lists
        old = await asyncio.to_thread(self._copies.read, url)
        try:
            told = await public.ask(
                url,
                etag=old.etag if old else None,
                seconds=BOUND_OF_LIST if url == self._lists[1] else BOUND,
                limit=_LARGEST if is_list else _LARGEST_PAGE,
            )
        except Unreachable as error:
            return str(error).rstrip(".")
        payload, etag = (old.payload, old.etag) if told.unchanged and old else (told.payload, told.etag)
        if is_list and not (news.registry(payload) if url == self._lists[0] else news.facts(payload)):
            return f"{urlsplit(url).netloc} answered with something else than a list of models"
        await asyncio.to_thread(self._copies.write, url, Copy(payload, etag, time.time()))
        return ""

    def _read(self) -> Catalog:
        """Make a catalogue of the snapshot and the copies. A registry older than the snapshot is not news."""
        registry_url, list_url = self._lists
        told = self._copies.read(registry_url)
        read = news.registry(told.payload) if told else None
        if told is None or read is None or read[0] < bundled().snapshot_version:
            return bundled()
        listed = self._copies.read(list_url)
        found = News(read[0], told.when, read[1], news.facts(listed.payload) if listed else {}, self._page)
        return bundled().with_news(found)

    def _since(self, url: str) -> Copy | None:
        """Return the copy of an address, unless the snapshot is newer."""
        copy = self._copies.read(url)
        return copy if copy and copy.when > _seconds(bundled().snapshot_version) else None

    def _page(self, air: str, slug: str, task_type: str) -> tuple[dict[str, Any] | None, tuple[news.Price, ...] | None]:
        """Return schema and prices of one model, of its copies, where they hold anything of use."""
        schema, price = (self._since(url) for url in self._page_urls(air, slug))
        told = schema.payload.get("requestSchema") if schema and isinstance(schema.payload, dict) else None
        return (
            proving.proven(told, task_type) if told is not None else None,
            news.prices(price.payload) if price else None,
        )


def _seconds(version: str) -> float:
    """Return when a version is of, in seconds since 1970."""
    return datetime.strptime(f"{version[:8]}+0000", "%Y%m%d%z").timestamp()


_VARIABLES: Final = ("RUNWARE_SCHEMA_URL", "RUNWARE_CONTENT_URL", "RUNWARE_OFFLINE", "RUNWARE_NB_HOME")
_living: list[tuple[tuple[str | None, ...], Living]] = []
_making = threading.Lock()


def living() -> Living:
    """Return the catalogue in force of this process. Never raises: a wrong address is told, and the snapshot serves."""
    told = tuple(map(os.environ.get, _VARIABLES))
    with _making:
        if not _living or _living[0][0] != told:
            _living[:] = [(told, _made())]
        return _living[0][1]


def _made() -> Living:
    try:
        services, problem = settings.services(), ""
    except RunwareError as error:
        services, problem = Services(offline=True), str(error).rstrip(".")
    return Living(services, Copies(settings.cache_folder() / "catalogue"), problem)


def current() -> Catalog:
    """Return the newest catalogue that is here: the snapshot, with what the public services told."""
    return living().catalog


def freshen(place: Endpoint, airs: Iterable[str], begin: Begin) -> None:
    """Have the catalogue of a session on the API freshened in the background; not beside a sandbox."""
    here = living()
    if here.services.serves(place):
        here.soon(airs, begin)


def _day(version: str) -> str:
    return f"{version[:4]}-{version[4:6]}-{version[6:8]}"


def _ago(seconds: float) -> str:
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if (count := int(seconds // size)) >= 1:
            return f"{count} {name}{'s' * (count > 1)}"
    return "less than a minute"
