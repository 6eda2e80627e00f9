"""Clusters: the waves of a table, sent by the workers of a dask cluster.

The kernel stays the one who decides: it makes and checks the tasks, gives them their UUIDs, holds the cap on money and
the number under way (`rows`), and hands a wave to whichever worker is free (`errands`). A worker that is lost or slow
has its wave done by another, under the same UUIDs and over the same ledger, so nothing is paid for twice.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final, Self

import distributed

from runware_nb import errands, places
from runware_nb.api.tasks import Task
from runware_nb.compare import records
from runware_nb.errands import Errand, Orders
from runware_nb.errors import RunwareError, UsageError
from runware_nb.memory import owners
from runware_nb.memory.folder import Folder, in_words
from runware_nb.rows import Told, Wave
from runware_nb.sessions import MaxCost, Session

_CLEAN_UP: Final = 10.0
"""Seconds that workers have to hear that they should stop."""


class Cluster:
    """A crew of workers: `async with Cluster(client, session) as crew`, then `Rows(..., crew=crew)`.

    Left early, it stops the workers and cancels their futures; what was sent is in the ledger, and comes back when the
    table is made again.

    Parameters
    ----------
    client
        A `distributed.Client`, asynchronous or not.
    session
        The kernel's session.
    tell
        Takes one line for the user.
    options
        Those of `Session.run`.
    """

    def __init__(
        self, client: Any, session: Session, *, tell: Callable[[str], object] = lambda _: None, **options: Any
    ) -> None:
        if not isinstance(client, distributed.Client):
            raise UsageError(f"engine is {type(client).__name__}, but must be a dask.distributed Client.")
        self._client: Any = client
        self._session = session
        self._tell = tell
        self._options = options
        self._topic = f"runware-{uuid.uuid4().hex}"
        self._place = places.here()
        self._marks = ExitStack()
        self._futures: set[Any] = set()
        self._watchers: dict[int, Told] = {}
        self._said: set[str] = set()

    async def __aenter__(self) -> Self:
        """See that all workers can send as the kernel would.

        Raises
        ------
        UsageError
            When one cannot, with what it lacks. Nothing was sent.
        """
        loop = asyncio.get_running_loop()
        self._orders = self._written()
        try:
            told = await self._ask(lambda: self._client.run(errands.look, self._orders, on_error="return"))
            _refuse_unfit(told)
            if not told:
                self._tell("The cluster has no workers yet: the rows wait for one.")
        except BaseException:
            self._marks.close()
            raise
        self._client.subscribe_topic(self._topic, lambda event: loop.call_soon_threadsafe(self._heard, event[1]))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._marks.close()
        with suppress(Exception):  # the cluster may be gone
            self._client.unsubscribe_topic(self._topic)
        if not self._futures:
            return
        with suppress(Exception):
            async with asyncio.timeout(_CLEAN_UP):
                await self._ask(lambda: self._client.run(errands.stop, self._topic, on_error="ignore"))
                await self._ask(lambda: self._client.cancel(list(self._futures)))

    async def __call__(self, numbers: Sequence[int], tasks: Sequence[Task], max_cost: MaxCost, tell: Told) -> Wave:
        """Have a worker send a wave."""
        checked = [_standing(task) for task in self._session.check(tasks)]
        errand = Errand(self._orders, self._topic, numbers, checked, max_cost, self._options, self._place)
        self._watchers[numbers[0]] = tell
        key = f"{self._topic}-{numbers[0]}"  # tried again it pays for nothing twice, whatever went wrong
        future = self._client.submit(errands.perform, errand, key=key, pure=False, retries=1)
        self._futures.add(future)
        try:
            wave: Wave | None = await self._outcome(future)
        except distributed.KilledWorker:
            wave = None
        finally:
            self._watchers.pop(numbers[0], None)
        self._futures.discard(future)
        if wave is not None:
            return wave
        problem = RunwareError(
            "the workers that sent this row were lost one after another. Make the table again: what was paid for comes"
            " back."
        )
        return Wave(records.failed(numbers, problem), failed=len(numbers), problem=problem)

    def _written(self) -> Orders:
        """Mark the folders that workers must see, and write their orders."""
        here, place = self._session, self._session.endpoint
        key = place.key.reveal() if place.sandbox else ""  # of the sandbox that this process started: it opens no other
        marks = tuple(self._mark(folder, key) for folder in (here.ledger.parent, here.folder))
        return Orders(
            place.base_url, place.ws_url, place.sandbox, str(here.folder), str(here.ledger), owners.this(), here.budget,
            here.transport, here.timeout, here.mirror, marks,
        )  # fmt: skip

    def _mark(self, path: Path, text: str) -> str:
        """Make a file in a folder for as long as the table is under way, which this user alone can read."""
        try:
            with Folder.opened(path) as folder:
                folder.tidy()
                name, file = folder.create()
                with file:
                    file.write(text.encode())
        except OSError as error:
            raise UsageError(in_words(error, path)) from None
        self._marks.callback((path / name).unlink, missing_ok=True)
        return str(path / name)

    def _heard(self, told: dict[str, Any]) -> None:
        """Take what a worker tells: how far a wave is, or a line for the user."""
        if line := told.get("line"):
            if line not in self._said:
                self._said.add(line)
                self._tell(line)
        elif watcher := self._watchers.get(told["wave"]):
            watcher(told["done"], told["usd"])

    async def _outcome(self, future: Any) -> Any:
        """Wait for a future without holding up this loop, which need not be that of the client."""
        if self._client.asynchronous:
            return await future.result()
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(done.set))
        await done.wait()
        return await asyncio.to_thread(future.result)

    async def _ask(self, call: Callable[[], Any]) -> Any:
        return await call() if self._client.asynchronous else await asyncio.to_thread(call)


def _refuse_unfit(told: Mapping[str, str | BaseException | None]) -> None:
    for worker, problem in told.items():
        if isinstance(problem, BaseException):
            raise UsageError(
                f"worker {worker} cannot take part: {type(problem).__name__}: {problem}. It wants the packages of this"
                " kernel, runware_nb among them."
            )
        if problem:
            raise UsageError(f"worker {worker}: {problem}")


def _standing(value: Any) -> Any:
    """Return a task whose files are found from any folder."""
    if isinstance(value, Path):
        return value.expanduser().absolute()
    if isinstance(value, dict):
        return {name: _standing(inner) for name, inner in value.items()}
    return [_standing(inner) for inner in value] if isinstance(value, list | tuple) else value
