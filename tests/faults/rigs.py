"""Rigs: sandboxes without latency, a client without patience, and the way of one case through both."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import stamina

from runware_nb import progress, recovery
from runware_nb.api import client, paces, polling, pushing
from runware_nb.api.transport import downloads, rest, websocket
from runware_nb.errors import RunwareError
from runware_nb.memory import store
from runware_nb.sandbox import Fault, Sandbox, making
from runware_nb.sessions import Session
from runware_nb.settings import Endpoint, Secret

from .oracle import Books, audit, errors_of, litter

IDLE = "never struck"
TRIES = 3
LASTING = 999
"""How often a fault strikes that lasts until the user resumes."""
_IMAGE = {"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "x", "width": 128, "height": 128}
_VIDEO = {"taskType": "videoInference", "model": "civitai:1@1", "positivePrompt": "x", "duration": 1,
          "width": 128, "height": 128, "seed": 1}  # fmt: skip
_TEXT = {"taskType": "textInference", "model": "minimax:m3@0", "messages": [{"role": "user", "content": "hi"}]}
WORKLOADS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "image sync": [{**_IMAGE, "deliveryMethod": "sync", "numberResults": 2, "seed": 1}],
    "image async": [{**_IMAGE, "numberResults": 3, "seed": 1}],
    "video": [_VIDEO],
    "text stream": [_TEXT],
    "text async": [{**_TEXT, "deliveryMethod": "async"}],
    "batch of 20": [{**_IMAGE, "seed": n} for n in range(1, 21)],
    "text sync": [{**_TEXT, "deliveryMethod": "sync"}],
    "base64": [{**_IMAGE, "outputType": "base64Data", "numberResults": 2, "seed": 1, "width": 512, "height": 512}],
}


@dataclass(frozen=True)
class Case:
    """What goes wrong with what.

    Parameters
    ----------
    workload
        A name in `WORKLOADS`.
    faults
        What strikes, in order; each must be seen to.
    interrupted
        Whether the run is left as soon as its tasks are accepted, so that only a resume can bring them back; the
        faults then strike the resume.
    withheld
        Whether a fault hides prices.
    transport
        How tasks are sent.
    """

    workload: str
    faults: tuple[Fault, ...]
    interrupted: bool = False
    withheld: bool = False
    transport: str = "rest"

    @property
    def point(self) -> str:
        """Which request its last fault strikes, and when."""
        fault = self.faults[-1]
        way = "websocket " * (self.transport == "websocket")
        return f"{way}{'resume ' * self.interrupted}{fault.phase or fault.stage} {fault.stage}"

    def __str__(self) -> str:
        told = " + ".join(_told(f) for f in self.faults)
        return f"{self.workload}: {'resume, ' * self.interrupted}{told}"


def _told(fault: Fault) -> str:
    facts = [fault.name, str(fault.stage), str(fault.phase or ""), str(fault.status or "")]
    facts += ["with Retry-After"] * (fault.retry_after is not None)
    facts += ["lasting"] if fault.times == LASTING else [f"x {fault.times}"] * (fault.times > 1)
    return " ".join(f for f in facts if f)


@contextmanager
def hurry() -> Iterator[None]:
    """Cut every wait of the client to what a machine of its own needs, and make each sample of the sandbox once.

    The knobs are the constants of the modules that wait, and stamina's own test mode, which keeps the number of
    tries and drops the pauses between them.
    """
    with pytest.MonkeyPatch.context() as patch, stamina.set_testing(True, attempts=4, cap=True):
        for module, name, value in (
            (paces, "QUICKEST", 0.005), (paces, "SLOWEST", 0.05), (paces, "LONGEST", 0.05), (paces, "LONG", {}),
            (polling, "GIVE_UP", 0.5),
            (polling, "GRACE", 0.2), (client, "GRACE", 0.2), (client, "SYNC_TIMEOUT", 1.0),
            (rest, "_BODY", 0.5), (rest, "_STREAM", 1.5), (rest, "LARGEST", 2_000_000),
            (progress, "LARGEST", 2_000_000), (recovery, "LARGEST", 2_000_000), (store, "_PAUSE", 0.005),
            (pushing, "SILENCE", 1.0), (websocket, "PING", 0.2), (websocket, "DEAD", 1.0),
            (websocket, "FIRST_WAIT", 0.005), (websocket, "LONGEST_WAIT", 0.02), (websocket, "REST_FOR", 0.05),
            (ssl, "create_default_context", functools.cache(ssl.create_default_context)),
            (making, "make", _once(making.make)),
        ):  # fmt: skip
            patch.setattr(module, name, value)
        pace = downloads.Pace(total=6.0, window=1.0, least=1000)
        patch.setitem(downloads.Downloads.__init__.__kwdefaults__, "pace", pace)
        yield


def _once(make: Any) -> Any:
    """Make equal samples once: a case is about their way, not about their pixels."""
    made: dict[str, Any] = {}

    def again(task: Mapping[str, Any], seed: int, index: int, world: Any) -> Any:
        deciding = {k: v for k, v in task.items() if k not in {"taskUUID", "deliveryMethod"}}
        key = json.dumps([deciding, seed if "seed" in task else 0, index], sort_keys=True)
        if key not in made:
            one = make(task, seed if "seed" in task else 0, index, world)
            made[key] = replace(one, pieces=[replace(p, make=functools.cache(p.make)) for p in one.pieces])
        return made[key]

    return again


@dataclass
class Rig:
    """Some sandboxes, each given to one case at a time, and how many cases were played."""

    folder: Path
    boxes: Sequence[Sandbox]
    played: int = 0

    @classmethod
    @contextmanager
    def built(cls, folder: Path, size: int) -> Iterator[Rig]:
        """Start sandboxes. Every other one sends no `resultIndex`, as the API may not."""
        with hurry(), contextlib.ExitStack() as stack:
            boxes = [Sandbox(latency=(0, 0.002), balance=1e9, result_index=n % 2 == 0) for n in range(size)]
            yield cls(folder, [stack.enter_context(box) for box in boxes])

    @staticmethod
    def reset(box: Sandbox) -> None:
        """Have a sandbox forget what it was asked and what shall go wrong."""
        world = box._world
        world.faults.clear()
        world.desk.jobs.clear()
        world.account.bills.clear()

    async def play(self, cases: Sequence[Case]) -> dict[str, list[str]]:
        """Play cases, as many at once as there are sandboxes, and return what was wrong with those that failed."""
        waiting = list(cases)[::-1]
        wrong: dict[str, list[str]] = {}

        async def lane(box: Sandbox) -> None:
            while waiting:
                case = waiting.pop()
                if found := await self._proved(box, case):
                    wrong[str(case)] = found

        await asyncio.gather(*(lane(box) for box in self.boxes))
        return wrong

    async def _proved(self, box: Sandbox, case: Case) -> list[str]:
        """Play a case, and once more what proved nothing: a machine that stalls has REST do what a socket would."""
        for _ in range(TRIES - 1):
            found = await self._one(box, case)
            if not found or not all(told.endswith(IDLE) for told in found):
                return found
        return await self._one(box, case)

    async def _one(self, box: Sandbox, case: Case) -> list[str]:
        self.played += 1
        place = self.folder / f"{self.played}"
        self.reset(box)
        playing = asyncio.ensure_future(play(box, case, place))
        await asyncio.wait({playing}, timeout=40)
        if not playing.done():
            where = _where(playing)
            playing.cancel()
            return [f"it never ended; it waits in {where}"]
        try:
            return await playing
        except Exception as error:  # noqa: BLE001  (the first thing the matrix must show is what is not ours)
            return [f"it raised {error!r}, which is none of our errors"]


def _where(work: asyncio.Task[Any]) -> str:
    """Say at which lines a task waits, the innermost last."""
    lines, inner = [], work.get_coro()
    while (frame := getattr(inner, "cr_frame", None)) is not None:
        lines.append(f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}")
        inner = inner.cr_await
    return " > ".join(lines)


async def play(box: Sandbox, case: Case, place: Path) -> list[str]:
    """Play one case, and say what was wrong.

    A run, then a resume if the ledger says that something is open; then, where the faults struck the resume,
    another.
    """
    tasks = WORKLOADS[case.workload]
    api = Endpoint(box.http_url, box.ws_url, Secret(box.api_key))
    session = Session(api, folder=place / "out", ledger=place / "ledger.sqlite", timeout=4.0, transport=case.transport)
    wrong: list[str] = []
    async with session:
        if case.interrupted:
            await leave(session, box, tasks)
        for fault in case.faults:
            box.inject(fault)
        try:
            run = await (session.resume() if case.interrupted else session.run(tasks))
        except RunwareError as error:
            run = error.run
            wrong += [] if error.task_uuids else [f"{error!r} names no task"]
        wrong += [f"{name} {IDLE}" for name in _idle(box, case)]
        box._world.faults.clear()
        await finished(box)
        wrong += errors_of(run)
        wrong += audit(box, Books.read(session._ledger.path), len(tasks), final=False, withheld=case.withheld)
        if not Books.read(session._ledger.path).is_settled:
            wrong += errors_of(await session.resume())
        wrong += audit(box, Books.read(session._ledger.path), len(tasks), final=True, withheld=case.withheld)
        totals = await session.totals()
    if totals.spent:
        wrong.append(f"${totals.spent} of play money count as spent")
    if not case.withheld and round(totals.sandbox * 1e6) != round(sum(b.usd for b in box.billed().values()) * 1e6):
        wrong.append(f"the ledger adds up ${totals.sandbox}, the sandbox {sum(b.usd for b in box.billed().values())}")
    return wrong + litter(place / "out")


async def leave(session: Session, box: Sandbox, tasks: Sequence[Mapping[str, Any]]) -> None:
    """Send tasks, stop waiting once all are accepted, and have them finish unseen."""
    world = box._world
    world.options, usual = replace(world.options, latency=(60.0, 60.0)), world.options
    accepted = asyncio.Event()

    def watch(run: Any) -> None:
        if all(stage != "queued" for stage in run.stages.values()):
            accepted.set()

    work = asyncio.create_task(session.run(tasks, watch=watch))
    await accepted.wait()
    work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work
    world.options = usual
    box.advance(200)
    await finished(box)


async def finished(box: Sandbox) -> None:
    """Wait until all that was accepted is made."""
    while not all(job.finished.is_set() for job in tuple(box._world.desk.jobs.values())):  # noqa: ASYNC110
        await asyncio.sleep(0.002)


def _idle(box: Sandbox, case: Case) -> list[str]:
    """Return the faults that did not strike: such a case would prove nothing."""
    whole = [(f.name, f.times + f.skip) for f in box._world.faults._waiting]
    return [f.name for f in case.faults if (f.name, f.times + f.skip) in whole]
