"""Jobs: tasks that were accepted. When each result is due, what it costs, and what a poll says of it.

A job is paid for when it is accepted, since what will become of it is decided then; only its files are made later.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from runware_nb.api import wire
from runware_nb.api.tasks import Task
from runware_nb.catalog import Model, prices
from runware_nb.sandbox import callbacks, making, rules
from runware_nb.sandbox.refusals import Error, Refused, error
from runware_nb.sandbox.world import World

_SLOWER: Final[Mapping[str, float]] = {"videoInference": 2.0, "3dInference": 2.0, "training": 3.0}
"""How many times longer than an image some tasks take."""
_PRICES: Final[Mapping[str, float]] = {
    "imageInference": 0.004, "videoInference": 0.25, "audioInference": 0.01, "3dInference": 0.3,
    "textInference": 0.0005, "training": 1.5, "tools": 0.002,
}  # fmt: skip
"""USD a result, where the catalogue knows no price."""
_PRICE: Final = 0.001
_SEED_BITS: Final = 31

Frame = dict[str, Any]


@dataclass
class Item:
    """One result of a job: due at a moment, then on the wire or a problem."""

    index: int
    seed: int
    due: float
    result: Frame | None = None
    problem: Error | None = None
    in_data: bool = False
    """Whether polls report the problem in `data`, the second of the API's two forms."""
    done: bool = False


@dataclass
class Job:
    """One accepted task."""

    task: Mapping[str, Any]
    model: Model | None
    items: list[Item]
    started: float
    price: float
    """USD a result."""
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    watchers: list[Callable[[Frame], None]] = field(default_factory=list)
    """Told each result or problem as a frame, when it is there."""

    @property
    def head(self) -> Frame:
        """What every item of it begins with; also its acknowledgement."""
        return {"taskType": self.task["taskType"], "taskUUID": self.task["taskUUID"]}

    @property
    def answer(self) -> Frame:
        """Its results and problems, as the answer of a sync request."""
        return {
            "data": [i.result for i in self.items if i.result],
            "errors": [i.problem for i in self.items if i.problem and i.done],
        }


class Desk:
    """Takes tasks in, runs them, and answers for them. Lives in the server's loop."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._running: set[asyncio.Task[None]] = set()
        self.jobs: dict[str, Job] = {}

    def submit(self, task: Mapping[str, Any]) -> Job:
        """Accept a task and start it. Raises Refused; then nothing has happened."""
        model = rules.check(task, self._world.catalog, self._world.own_models)
        if task["taskUUID"] in self.jobs:
            raise Refused(
                error(
                    "conflictTaskUUID",
                    "A task with this taskUUID already exists.",
                    task,
                    parameter="taskUUID",
                    type="string",
                )
            )
        price = self.price(task, model)
        items = self._items(task, model)
        if price * len(items) > self._world.account.balance:
            raise Refused(error("insufficientCredits", "The balance is used up.", task), status=402)
        job = Job(task, model, items, self._world.clock.now(), price)
        self._spoil(job)
        self._bill(job)
        self.jobs[task["taskUUID"]] = job
        self.spawn(self._run(job))
        return job

    def price(self, task: Mapping[str, Any], model: Model | None) -> float:
        """Return USD a result."""
        asked = Task.model_validate(dict(task))
        total = prices.estimate(asked, model.prices) if model else None
        return round(_PRICES.get(asked.task_type, _PRICE) if total is None else total / asked.count, 6)

    def _items(self, task: Mapping[str, Any], model: Model | None) -> list[Item]:
        """Plan the results: the asked seed first, then those after it, each due at its own time."""
        dice, (low, high) = self._world.dice, self._world.options.latency
        spec = model.schema["properties"].get("seed", {}) if model else {}
        least, most = spec.get("minimum", 1), spec.get("maximum", 2**_SEED_BITS - 1)
        asked = task.get("seed")
        first = asked if isinstance(asked, int) else dice.randint(least, most)
        slower = _SLOWER.get(task["taskType"], 1.0)
        now = self._world.clock.now()
        count = Task.model_validate(dict(task)).count
        return [
            Item(n, least + (first - least + n) % (most - least + 1), now + slower * dice.uniform(low, high))
            for n in range(count)
        ]

    def _spoil(self, job: Job) -> None:
        """Let a fault decide that some or all of it will fail."""
        if fault := self._world.faults.take("job", "submit"):
            doomed = job.items[-1:] if fault.name.startswith("partial") else job.items
            for item in doomed:
                index = {"resultIndex": item.index} if self._indexed(job) else {}
                item.problem = {**fault.error(job.task), **index}
                item.in_data = fault.name.endswith("-in-data")

    def _bill(self, job: Job) -> None:
        good = sum(i.problem is None for i in job.items)
        seconds = max(i.due for i in job.items) - job.started
        name = str(job.task.get("model") or job.task["taskType"])
        usd = good * job.price
        self._world.account.charge(
            job.task["taskUUID"], name, usd, results=good, failures=len(job.items) - good, seconds=seconds
        )

    def _indexed(self, job: Job) -> bool:
        several = len(job.items) > 1 and job.task["taskType"] != "promptEnhance"
        return several and self._world.options.result_index

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the requests, until the sandbox stops."""
        running = asyncio.get_running_loop().create_task(work)
        self._running.add(running)
        running.add_done_callback(self._running.discard)

    async def _run(self, job: Job) -> None:
        await asyncio.gather(*(self._finish(job, item) for item in job.items))
        job.finished.set()

    async def _finish(self, job: Job, item: Item) -> None:
        """Wait until a result is due, deliver it, and tell who watches."""
        await self._world.clock.until(item.due)
        if item.problem is None:
            try:
                item.result = await self._deliver(job, item)
            except Exception as problem:  # noqa: BLE001  (whatever it is, the task must end and cost nothing)
                item.problem = error("inferenceError", f"The sandbox could not make this: {problem!r}.", job.task)
                self._world.account.refund(job.task["taskUUID"], job.price)
        item.done = True
        frame = {"data": [item.result]} if item.result else {"errors": [item.problem]}
        for tell in job.watchers:
            tell(frame)
        if url := job.task.get("webhookURL"):
            self.spawn(callbacks.webhook(url, item.result or item.problem or {}, self._world.clock))

    async def _deliver(self, job: Job, item: Item) -> Frame:
        """Make a result as the wire has it."""
        made = await asyncio.to_thread(making.make, job.task, item.seed, item.index, self._world)
        index = {"resultIndex": item.index} if self._indexed(job) else {}
        result: Frame = {**job.head, **index}
        for piece in made.pieces:
            result |= await self._place(job.task, piece, result)
        result |= made.fields
        if wire.get(job.task, "safety.checkContent") or wire.get(job.task, "safety.mode") in {"fast", "full"}:
            result["NSFWContent"] = False
        if job.task.get("includeCost"):
            result["cost"] = job.price
        return result

    async def _place(self, task: Mapping[str, Any], piece: making.Piece, result: Frame) -> Frame:
        """Put a file on the shelf and say where, or give its bytes, as the task asks."""
        shelf = self._world.shelf
        ttl = task.get("ttl")
        file = shelf.add(piece.make, piece.extension, float(ttl) if isinstance(ttl, int) else None)
        if endpoint := task.get("uploadEndpoint"):
            data = await shelf.bytes_of(file)
            self.spawn(callbacks.upload(str(endpoint), data, file.mime))
        if piece.prefix == "outputs":
            files = result.get("outputs", {}).get("files", [])
            return {"outputs": {"files": [*files, {"uuid": file.uuid, "url": shelf.url(file)}]}}
        named: Frame = {f"{piece.prefix}UUID": file.uuid}
        kind = task.get("outputType", "URL")
        if kind == "URL":
            return {**named, f"{piece.prefix}URL": shelf.url(file)}
        text = base64.b64encode(await shelf.bytes_of(file)).decode()
        if kind == "dataURI":
            return {**named, f"{piece.prefix}DataURI": f"data:{file.mime};base64,{text}"}
        return {**named, f"{piece.prefix}Base64Data": text}

    def poll(self, asked: Mapping[str, Any]) -> Frame:
        """Answer a `getResponse`: all that is finished, and what is not. Raises Refused for an unknown task."""
        job = self.jobs.get(str(asked.get("taskUUID")))
        if job is None:
            raise Refused(error("taskFailedOrNotFound", "The task failed, expired, or never was.", asked))
        data, errors = [], []
        for item in job.items:
            index = {"resultIndex": item.index} if self._indexed(job) else {}
            if not item.done:
                data.append({**job.head, **index, "status": "processing", **self._progress(job, item)})
            elif item.result:
                data.append({**item.result, "status": "success"})
            elif item.problem and item.in_data:
                told = {k: item.problem[k] for k in ("code", "message")}
                data.append({**job.head, **index, "status": "error", "error": told})
            elif item.problem:
                errors.append({**item.problem, "status": "error"})
        return {"data": data, "errors": errors}

    def _progress(self, job: Job, item: Item) -> Frame:
        """Per cent done, which the API tells for training only."""
        if job.task["taskType"] != "training":
            return {}
        share = (self._world.clock.now() - job.started) / max(item.due - job.started, 1e-6)
        return {"progress": min(99, int(100 * share))}

    async def wait(self, job: Job) -> Frame:
        """Wait for a job as a sync request does, and return its answer."""
        patience = asyncio.ensure_future(self._world.clock.sleep(self._world.options.patience))
        finished = asyncio.ensure_future(job.finished.wait())
        try:
            await asyncio.wait({patience, finished}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            patience.cancel()
            finished.cancel()
        if job.finished.is_set():
            return job.answer
        said = "No result in time. The task runs on; ask for it with getResponse."
        return {"data": [], "errors": [error("taskTimeout", said, job.task)]}

    async def close(self) -> None:
        """Stop all that runs."""
        for running in tuple(self._running):
            running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._running, return_exceptions=True)


def delivery_of(job: Job) -> str:
    """Return how a job is to be delivered: as asked, else as its task type is by default."""
    kind = wire.BY_NAME[job.task["taskType"]]
    if not kind.deliveries:
        return wire.ASYNC
    asked = job.task.get("deliveryMethod")
    if asked is None and (wire.SYNC not in kind.deliveries or kind.name == "3dInference"):
        return wire.ASYNC
    return str(asked or wire.SYNC)
