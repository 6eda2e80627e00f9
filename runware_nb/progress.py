"""Progress: a run on its way. Events of the client are folded into it, files kept, the ledger and the watcher told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from runware_nb.api import wire
from runware_nb.api.client import Runware
from runware_nb.api.results import Result
from runware_nb.api.runs import Accepted, Arrived, Closed, Event, Refused, Run
from runware_nb.memory.cache import Share
from runware_nb.memory.ledger import Ledger
from runware_nb.memory.mirror import Mirror
from runware_nb.memory.store import LARGEST, Store

Watch = Callable[[Run], None]


class Progress:
    """One run on its way.

    Parameters
    ----------
    run
        The run as it starts.
    shares
        How its tasks are parted into what is here and what is made.
    store, ledger, client
        Where files go, where it is written down, who fetches.
    watch
        Called with the run after each thing that happens.
    prepare
        Called in a thread with each result whose files are here, before it is told of.
    mirror
        Where files are copied to besides.

    Attributes
    ----------
    spent
        USD that what has arrived cost, as far as prices are told; in the sandbox, would have cost.
    """

    def __init__(
        self,
        run: Run,
        shares: Sequence[Share],
        *,
        store: Store,
        ledger: Ledger,
        client: Runware,
        watch: Watch | None = None,
        prepare: Callable[[Result], object] | None = None,
        mirror: Mirror | None = None,
    ) -> None:
        self.run = run
        self._shares = {share.asked.task_uuid: share for share in shares}
        self._twins = {share.twin: [s.asked for s in shares if s.twin == share.twin] for share in shares if share.twin}
        self._store = store
        self._ledger = ledger
        self._client = client
        self._watch = watch
        self._prepare = prepare
        self._mirror = mirror
        self.spent = 0.0
        self._keeping: dict[str, list[asyncio.Task[None]]] = {}
        self._utilities = {t.task_uuid for t in run.tasks if t.task_type in wire.UTILITIES}

    async def begin(self) -> None:
        """Fold in what is here already, and close the tasks that need nothing more."""
        if self._mirror:
            hits = await asyncio.gather(*(self._mirrored(share.hits) for share in self._shares.values()))
            pairs = zip(self._shares.items(), hits, strict=True)
            self._shares = {uuid: replace(share, hits=tuple(several)) for (uuid, share), several in pairs}
        await asyncio.gather(*(self._prepared(hit) for share in self._shares.values() for hit in share.hits))
        for share in self._shares.values():
            for hit in share.hits:
                self.spent += hit.cost or 0
                if hit.cached:
                    self._ledger.save(hit, self.run.notebook)
                self._fold(Arrived(hit))
            if share.hits and share.sent is None:
                self._fold(Closed(share.asked.task_uuid))
            self._pass_on(share, share.hits, closed=share.sent is None and share.twin is None)

    def show(self, event: Arrived) -> None:
        """Fold in a result that is written down already."""
        self._fold(event)

    def tell(self, event: Event) -> None:
        """Take an event of the client. A result is folded in once its files are kept, its task closed after that."""
        match event:
            case Arrived(result):
                uuid = result.task.task_uuid
                self.spent += result.cost or 0
                keep = asyncio.ensure_future(self._keep(result))
                self._keeping.setdefault(uuid, []).append(keep)
            case Closed(uuid) if self._keeping.get(uuid):
                waiting = list(self._keeping[uuid])
                self._keeping[uuid].append(asyncio.ensure_future(self._close_after(event, waiting)))
            case _:
                self._told(event)

    async def settled(self) -> None:
        """Wait until all files are kept."""
        while waiting := [t for tasks in self._keeping.values() for t in tasks]:
            self._keeping = {}
            await asyncio.gather(*waiting)

    async def _keep(self, result: Result) -> None:
        kept = await self._store.keep(result, self._fetch)
        uuid = result.task.task_uuid
        if uuid not in self._utilities:
            self._ledger.keep(kept)
        if self._mirror:
            (kept,) = await self._mirrored([kept])
            if uuid not in self._utilities:
                self._ledger.keep(kept)
        await self._prepared(kept)
        share = self._shares.get(uuid)
        if share is not None:  # what was sent is what was missing: its first result comes after those that are here
            kept = replace(kept, task=share.asked, index=kept.index + len(share.hits))
        self._fold(Arrived(kept))
        if share is not None:
            self._pass_on(share, [kept], closed=False)

    async def _mirrored(self, results: Iterable[Result]) -> list[Result]:
        return await asyncio.gather(*map(self._mirror.keep, results)) if self._mirror else list(results)

    async def _prepared(self, result: Result) -> None:
        if self._prepare and result.assets:
            await asyncio.to_thread(self._prepare, result)

    async def _close_after(self, event: Closed, waiting: Sequence[asyncio.Task[None]]) -> None:
        await asyncio.gather(*waiting)
        self._told(event)

    async def _fetch(self, url: str, sink: Callable[[bytes], object]) -> Any:
        return await self._client.download(url, sink, limit=LARGEST)

    def _told(self, event: Event) -> None:
        self._fold(event)
        match event:
            case Accepted(uuid) if uuid not in self._utilities:
                self._ledger.accept(uuid)
            case Refused(uuid, error, doubtful) if uuid not in self._utilities:
                self._ledger.fail(uuid, error, doubtful=doubtful)
                for twin in self._twins.get(uuid, ()):
                    self._fold(Refused(twin.task_uuid, error.about(twin.task_uuid)))
            case Closed(uuid):
                self._ledger.finish(uuid)
                for twin in self._twins.get(uuid, ()):
                    self._fold(Closed(twin.task_uuid))
            case _:
                pass

    def _pass_on(self, share: Share, results: Iterable[Result], *, closed: bool) -> None:
        """Give the results of a task to its twins, for whom they cost nothing."""
        for twin in self._twins.get(share.asked.task_uuid, ()):
            for result in results:
                if result.index < twin.count:
                    copy = replace(result, task=twin, cached=True)
                    self._ledger.save(copy, self.run.notebook)
                    self._fold(Arrived(copy))
            if closed:
                self._fold(Closed(twin.task_uuid))

    def _fold(self, event: Event) -> None:
        self.run = self.run.after(event)
        if self._watch:
            self._watch(self.run)
