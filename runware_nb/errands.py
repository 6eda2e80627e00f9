"""Errands: what a worker of a dask cluster does of a table: it sends waves by a session, as the kernel itself would.

Only this runs there. The session has the kernel's ledger and folder, in a shared place, and its tasks belong to that
kernel; the key is the worker's own, found where a kernel finds one, and is in nothing that is handed over. A wave that
comes a second time, since the worker that had it is lost or slow, finds in the ledger what was sent: see `shared` of
`Session.run`.
"""

from __future__ import annotations

import importlib
import multiprocessing
import signal
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Final

import distributed

from runware_nb import keys, loops, places
from runware_nb.api.tasks import Task
from runware_nb.compare import records
from runware_nb.errors import MissingKey, UsageError
from runware_nb.keys import Secret
from runware_nb.places import Place
from runware_nb.rows import Told, Wave, sent
from runware_nb.sessions import MaxCost, Session
from runware_nb.settings import Endpoint, endpoint

_INTERVAL: Final = 0.5
"""Seconds between two words about a wave."""
_WANTED: Final = ("pandas", "PIL.Image", "anyio.abc", "anyio._backends._asyncio", "websockets.asyncio.client")
"""What the first wave would import, in several threads at once: Python 3.11 fails where two parse source together."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What the sessions of all workers have in common. The key is not in it.

    Parameters
    ----------
    base_url, ws_url, sandbox
        The API, as of `Endpoint`: a worker whose own is another refuses.
    folder, ledger
        Where media and the ledger are.
    owner
        The kernel that waits for the tasks.
    budget, transport, timeout, mirror
        As of its session.
    marks
        Files in those two folders, by which a worker knows that it sees the kernel's and not its own. Where the
        kernel's built-in sandbox serves, the first holds the play key.
    """

    base_url: str
    ws_url: str
    sandbox: bool
    folder: str
    ledger: str
    owner: str
    budget: tuple[str, float] | None
    transport: str
    timeout: float
    mirror: str | None
    marks: tuple[str, ...] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Errand:
    """One wave.

    Parameters
    ----------
    orders
        How to send.
    topic
        Name of the whole table; what is told of it is told under that.
    numbers, tasks
        The rows and their tasks, with the UUIDs they have wherever they are sent.
    options
        Those of `Session.run`.
    place
        Where they were asked for.
    """

    orders: Orders
    topic: str
    numbers: Sequence[int]
    tasks: Sequence[Mapping[str, Any]]
    max_cost: MaxCost
    options: Mapping[str, Any]
    place: Place


_sessions: dict[Orders, Session] = {}
_opening: Final = threading.Lock()
_works: dict[str, set[Future[Wave]]] = {}
_stopped: set[str] = set()


def look(orders: Orders) -> str | None:
    """Tell what keeps this worker from sending, or None."""
    endure()
    try:
        _session(orders)
    except UsageError as error:
        return str(error)
    return None


def endure() -> None:
    """Let the interrupt of a cell pass, which goes to all processes that a kernel has started, its workers among them.

    It would end them, and dask starts no others. The nanny stops them by other means.
    """
    if threading.current_thread() is threading.main_thread() and multiprocessing.parent_process() is not None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def perform(errand: Errand) -> Wave | None:
    """Send a wave. None when it was stopped: what was sent of it is in the ledger."""
    worker: Any = distributed.get_worker()
    worker.loop.add_callback(endure)
    distributed.secede()  # type: ignore[no-untyped-call]  # it waits for the API, not for this machine: other waves may begin
    told_at = 0.0

    def tell(done: int, usd: float) -> None:
        nonlocal told_at
        if monotonic() - told_at > _INTERVAL:
            told_at = monotonic()
            worker.log_event(errand.topic, {"wave": errand.numbers[0], "done": done, "usd": usd})

    try:
        session = _session(errand.orders)
    except UsageError as error:
        problem = UsageError(f"worker {worker.address}: {error}")
        return Wave(records.failed(errand.numbers, problem), len(errand.numbers), problem=problem, hopeless=True)
    works = _works.setdefault(errand.topic, set())
    work = loops.start(_sent(errand, session, tell))
    works.add(work)
    if errand.topic in _stopped:
        work.cancel()
    try:
        return work.result()
    except CancelledError:
        return None
    finally:
        works.discard(work)


def stop(topic: str) -> None:
    """Stop sending the waves of a table, and waiting for them."""
    _stopped.add(topic)
    for work in list(_works.pop(topic, ())):
        work.cancel()


async def _sent(errand: Errand, session: Session, tell: Told) -> Wave:
    places.told.set(errand.place)
    tasks = [Task.of(task) for task in errand.tasks]
    # The kernel has checked them against its catalogue, which may be newer than the one here.
    return await sent(
        session, errand.numbers, tasks, tell, max_cost=errand.max_cost, validate=False, shared=True, **errand.options
    )


def _session(orders: Orders) -> Session:
    """Return this worker's session, opening it at first use.

    Raises
    ------
    UsageError
        When it has no key, sends elsewhere, or does not see the kernel's folders.
    """
    with _opening:
        if orders not in _sessions:
            for mark in orders.marks:
                if not Path(mark).is_file():
                    raise UsageError(
                        f"it does not see {Path(mark).parent}: give kernel and workers one shared folder"
                        " (RUNWARE_NB_HOME, out_dir), since the ledger there keeps rows from being paid for twice."
                    )
            place = _place(orders)
            for name in _WANTED:
                importlib.import_module(name)
            session = Session(
                place,
                folder=Path(orders.folder),
                ledger=Path(orders.ledger),
                transport=orders.transport,
                timeout=orders.timeout,
                owner=orders.owner,
                mirror=orders.mirror,
                tell=_tell,
            )
            session.budget = orders.budget
            _sessions[orders] = session
        return _sessions[orders]


def _place(orders: Orders) -> Endpoint:
    if orders.sandbox:
        return Endpoint(orders.base_url, orders.ws_url, Secret(Path(orders.marks[0]).read_text()), sandbox=True)
    if (found := keys.find()) is None:
        raise MissingKey(
            "it has no API key: set RUNWARE_API_KEY in the environment it starts in (a LocalCluster takes that of the"
            " kernel), or keep the key in its keyring."
        )
    place = endpoint(found.key)
    if (place.base_url, place.ws_url) != (orders.base_url, orders.ws_url):
        raise UsageError(
            f"it sends to {place.base_url} and {place.ws_url}, the kernel to {orders.base_url} and {orders.ws_url}:"
            " set RUNWARE_BASE_URL and RUNWARE_WS_URL alike."
        )
    return place


def _tell(line: str) -> None:
    """Have the kernel say a line, once for each table that is under way here."""
    with suppress(ValueError):  # the worker is on its way out
        worker: Any = distributed.get_worker()
        for topic in list(_works):
            worker.log_event(topic, {"line": line})
