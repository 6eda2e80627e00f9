"""Client: the only place that talks to the API. Async; blocking callers go through `runware_nb.loops`.

One call to `perform` sends any number of tasks, of any types, and tells what happens as `Event`s. A task is sent as
its delivery method says: `async` ones together, 50 a POST, and one poll asks after all of them; `sync` ones each in a
POST; `stream` ones each over a stream of its own. Over the WebSocket, `sync` ones go together, and each result comes
by itself: see `pushing`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from time import monotonic
from types import TracebackType
from typing import Any, Final, Self

from runware_nb.api import streaming, wire
from runware_nb.api.paces import Paces
from runware_nb.api.polling import GRACE, Desk, by_uuid
from runware_nb.api.pushing import PER_FRAME, Courier
from runware_nb.api.results import Frame, Result, is_finished
from runware_nb.api.retry import is_garbled, patiently
from runware_nb.api.runs import Accepted, Arrived, Closed, Delta, Event, Refused
from runware_nb.api.tasks import Task
from runware_nb.api.transport.pacing import Lane
from runware_nb.api.transport.rest import Answer, Rest
from runware_nb.api.transport.websocket import Socket
from runware_nb.errors import (
    ApiError,
    DuplicateTask,
    InvalidTask,
    RunwareError,
    TaskTimeout,
    Unreachable,
    UsageError,
)
from runware_nb.settings import TRANSPORTS, Endpoint, endpoint

PER_POST: Final = 50
"""Tasks in one POST. Small enough that one unclear answer leaves few in doubt."""
IN_FLIGHT: Final = 16
TIMEOUT: Final = 1200.0
SYNC_TIMEOUT: Final = 180.0
PUSH_FROM: Final = 8
"""Short tasks in one call from which `auto` takes the WebSocket. For fewer, connecting takes longer than it saves."""
FRAMES: Final = 200
"""Frames of tasks under way over the WebSocket at once: ten thousand tasks are no slower than the slowest."""
_LONG: Final = frozenset({"videoInference", "3dInference", "training", "tools"})
"""Task types that may take longer than a `sync` answer is waited for."""
_ASYNC_ONLY: Final = frozenset({"openai:gpt@5.4-pro"})

Tell = Callable[[Event], None]
Admit = Callable[[Sequence[Task]], RunwareError | None]


class Results(list[Result]):
    """What `Runware.run` returns: a list of results, and what went wrong beside them.

    Attributes
    ----------
    problems
        Errors of single results or tasks. When nothing at all was made, `run` raises the first of them instead.
    """

    def __init__(self, results: Iterable[Result], problems: Sequence[RunwareError] = ()) -> None:
        super().__init__(results)
        self.problems = list(problems)


class Runware:
    """The Runware API, as its docs use it.

    ::

        async with Runware(api_key="…") as client:
            images = await client.run({"taskType": "imageInference", "model": "runware:101@1", …})
            print(images[0]["imageURL"])

    Parameters
    ----------
    api_key
        The key; `RUNWARE_API_KEY` if not given.
    base_url, ws_url
        Other addresses than Runware's own, with the version path: a proxy, or a sandbox.
    transport
        `"rest"`; `"websocket"`, for all but streamed text; or `"auto"`, which takes the WebSocket for many short tasks
        and REST for the rest. Where there is no WebSocket to be had, REST serves.
    timeout
        Seconds a task may take before waiting for it ends. It then runs on, and is billed.
    note
        Takes one line for the user, should there be no WebSocket.

    Raises
    ------
    MissingKey
        When there is no key.
    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        ws_url: str | None = None,
        transport: str = "auto",
        *,
        timeout: float = TIMEOUT,
        note: Callable[[str], object] = lambda _: None,
    ) -> None:
        if transport not in TRANSPORTS:
            raise UsageError(f"transport is {transport!r}, but must be one of {', '.join(TRANSPORTS)}.")
        self.endpoint = place = endpoint(api_key, base_url, ws_url)
        self.transport = transport
        self._timeout = timeout
        self._rest = Rest(place, SYNC_TIMEOUT)
        self._socket = Socket(place, note)
        self._gate = asyncio.Semaphore(IN_FLIGHT)
        self._frames = Lane(FRAMES)
        self._desks: set[Desk] = set()
        self.paces = Paces()
        """What is known of how long tasks take: it decides when they are asked after."""

    @classmethod
    def at(
        cls,
        place: Endpoint,
        *,
        timeout: float = TIMEOUT,
        transport: str = "auto",
        note: Callable[[str], object] = lambda _: None,
    ) -> Self:
        """Make a client of a known endpoint."""
        return cls(place.key.reveal(), place.base_url, place.ws_url, transport, timeout=timeout, note=note)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def ready(self) -> None:
        """Make ready to connect. Sends nothing.

        Raises
        ------
        UsageError
            When the proxy of the environment cannot be used.
        """
        self._rest.ready()

    async def close(self) -> None:
        """Close the connections. Tasks under way run on at the API."""
        await self._socket.close()
        await self._rest.close()

    async def run(self, tasks: Mapping[str, Any] | Task | Sequence[Mapping[str, Any] | Task]) -> Results:
        """Run one task or several, of any types together, and wait for all their results.

        Parameters
        ----------
        tasks
            Dicts as the API's docs show them, or `Task`s. A missing `taskUUID` or `deliveryMethod` is filled in.

        Returns
        -------
        Results
            Results in the order of the tasks; each reads like the wire: `results[0]["imageURL"]`.

        Raises
        ------
        ApiError, Unreachable
            When nothing was made. If something was, the errors are in `results.problems`.
        """
        several = [tasks] if isinstance(tasks, Mapping | Task) else tasks
        asked = [Task.of(t) for t in several]
        arrived: list[Result] = []
        problems: list[RunwareError] = []

        def tell(event: Event) -> None:
            if isinstance(event, Arrived):
                arrived.append(event.result)
            elif isinstance(event, Refused):
                problems.append(event.error)

        await self.perform(asked, tell)
        if problems and not arrived:
            raise problems[0]
        order = {t.task_uuid: n for n, t in enumerate(asked)}
        return Results(sorted(arrived, key=lambda r: (order[r.task.task_uuid], r.index)), problems)

    async def perform(
        self,
        tasks: Sequence[Task],
        tell: Tell,
        *,
        timeout: float | None = None,
        admit: Admit = lambda _: None,
        shared: bool = False,
    ) -> None:
        """Send tasks and tell what becomes of each, until all have ended.

        Parameters
        ----------
        tasks
            What to send.
        tell
            Called with each event.
        timeout
            Seconds a task may take before waiting for it ends; the client's if not given.
        admit
            Called right before each POST with the tasks in it; an error it returns refuses them, unsent.
        shared
            Whether another process may send these very tasks too. One whose UUID is taken is then one that runs, and
            is waited for.

        Never raises for what the API or the network does: that is told as `Refused`. Cancelling it stops the
        waiting, not the tasks.
        """
        desk = self._desk(tell, timeout)
        ready = tasks if all(t.delivery_method for t in tasks) else await self.prepared(tasks)
        pushed, together, alone = await self._parted(ready)
        settle = partial(self._settle, desk=desk, tell=tell)
        courier = Courier(self._socket, desk, tell, settle, shared=shared)
        sends: list[Awaitable[None]] = [
            self._push(several, courier, tell, admit) for several in _groups(pushed, PER_FRAME)
        ]
        sends += [self._submit(several, desk, tell, admit, shared=shared) for several in _groups(together, PER_POST)]
        sends += [self._alone(task, desk, tell, admit, shared=shared) for task in alone]
        self._socket.join(courier)
        try:
            async with asyncio.TaskGroup() as group:
                polling = group.create_task(desk.serve())
                try:
                    await asyncio.gather(*sends)
                except BaseException:
                    polling.cancel()
                    raise
                desk.close()
        finally:
            self._socket.leave(courier)
            courier.close()

    async def prepared(self, tasks: Sequence[Task]) -> list[Task]:
        """Return tasks as they will be sent: each with its delivery method, which is that of the best way there is."""
        return [with_delivery(t, pushed=p) for t, p in zip(tasks, await self._pushed(tasks), strict=True)]

    async def _pushed(self, tasks: Sequence[Task]) -> list[bool]:
        """Tell of each task whether it goes over the WebSocket, which is connected if enough of them had best do."""
        may = [self._is_pushed(t) for t in tasks]
        enough = sum(may) >= (PUSH_FROM if self.transport == "auto" else 1)
        return may if enough and await self._socket.ready() else [False] * len(tasks)

    def _is_pushed(self, task: Task) -> bool:
        """Tell whether a task may go over the WebSocket. What streams its text, or tells no end, may not."""
        kind = task.type
        if self.transport == "rest" or kind is None or not kind.deliveries or (kind.count_is_bound and task.count > 1):
            return False
        method = task.delivery_method or (wire.STREAM if kind.deliveries[0] == wire.STREAM else None)
        return method != wire.STREAM and (self.transport == "websocket" or (method != wire.ASYNC and is_short(task)))

    async def _parted(self, tasks: Sequence[Task]) -> tuple[list[Task], list[Task], list[Task]]:
        """Part tasks into those that go over the WebSocket, those that share a POST, and those that go alone."""
        pushed, together, alone = parts = ([], [], [])  # type: tuple[list[Task], list[Task], list[Task]]
        for task, push in zip(tasks, await self._pushed(tasks), strict=True):
            if push:
                pushed.append(task)
            elif task.delivery_method in {None, wire.ASYNC} and task.task_type not in wire.UTILITIES:
                together.append(task)
            else:
                alone.append(task)
        return parts

    async def _push(self, tasks: Sequence[Task], courier: Courier, tell: Tell, admit: Admit) -> None:
        """Send tasks in one frame, and wait for what comes of them."""
        async with self._frames.turn():
            if error := admit(tasks):
                _refuse_all(tasks, error, tell)
            else:
                await courier.carry(tasks)

    async def _settle(self, tasks: Sequence[Task], desk: Desk, tell: Tell) -> None:
        """Send tasks by REST that may have been sent before. What has come meanwhile is not told again."""

        def told(event: Event) -> None:
            uuid = event.result.task.task_uuid if isinstance(event, Arrived) else event.task_uuid
            if not desk.known[uuid].is_whole or isinstance(event, Arrived):
                tell(event)

        await self._submit(tasks, desk, told, lambda _: None, before=True)

    async def collect(self, tasks: Sequence[Task], tell: Tell, *, timeout: float | None = None) -> None:
        """Tell what became of tasks that were sent before, by their UUIDs. Sends none, costs nothing."""
        desk = self._desk(tell, timeout)
        for task in tasks:
            desk.add(task, monotonic() - GRACE)
            desk.hurry(task)
        desk.close()
        await desk.serve()

    def _desk(self, tell: Tell, timeout: float | None) -> Desk:
        return Desk(self._rest.post, tell, timeout or self._timeout, paces=self.paces, others=self._desks)

    async def _submit(
        self,
        tasks: Sequence[Task],
        desk: Desk,
        tell: Tell,
        admit: Admit,
        *,
        before: bool = False,
        shared: bool = False,
    ) -> None:
        """Send tasks in one POST. Whatever comes back, each ends up at the desk, or refused.

        `before` says that they may have been sent before, by another way; `shared`, by another process.
        """
        async with self._gate:
            sent = monotonic()
            if error := admit(tasks):
                _refuse_all(tasks, error, tell)
                return
            try:
                answer, repeated = await patiently(lambda: self._rest.post(tasks))
            except Unreachable as error:
                error.sent |= before
                _refuse_all(tasks, _in_doubt(error, tasks), tell)
                return
        repeated |= before
        frame = Frame.read(answer.payload, answer.status)
        whole = [p for p in frame.problems if not p.task_uuids] or _silent(answer, frame)
        told = by_uuid(frame)
        for task in tasks:
            items, problems = told.get(task.task_uuid, ([], []))
            if _is_accepted_before(problems, repeated=repeated or shared) or (before and _outlived(problems, answer)):
                desk.add(task, sent)
            elif (refusals := problems or (whole if not items else [])) and not items:
                _refuse(task, refusals, tell, doubtful=_leaves_doubt(answer) or (before and not _is_clear(refusals)))
            else:
                pending = desk.add(task, sent)
                finished = [i for i in items if is_finished(i)]
                for event in pending.take(finished, problems, sandbox=answer.sandbox):
                    tell(event)
                if pending.is_whole:
                    desk.forget(task)

    async def _alone(self, task: Task, desk: Desk, tell: Tell, admit: Admit, *, shared: bool) -> None:
        async with self._gate:
            if error := admit([task]):
                _refuse_all([task], error, tell)
            elif task.task_type in wire.UTILITIES:
                await self._utility(task, tell)
            elif task.delivery_method == wire.STREAM:
                await self._stream(task, desk, tell, shared=shared)
            else:
                await self._sync(task, desk, tell, shared=shared)

    async def _utility(self, task: Task, tell: Tell) -> None:
        """Ask a question that answers at once."""
        sent = monotonic()
        try:
            answer, _ = await patiently(lambda: self._rest.post([_utility_wire(task)]))
        except Unreachable as error:
            _refuse_all([task], error, tell)
            return
        frame = Frame.read(answer.payload, answer.status)
        for index, item in enumerate(frame.items):
            tell(Arrived(Result.of(task, index, item, latency=monotonic() - sent, sandbox=answer.sandbox)))
        for problem in frame.problems or _silent(answer, frame):
            tell(Refused(task.task_uuid, problem))
        tell(Closed(task.task_uuid))

    async def _sync(self, task: Task, desk: Desk, tell: Tell, *, shared: bool) -> None:
        """Wait for results in the answer itself. What outlives the API's budget, or is missing, is asked after."""
        sent = monotonic()
        tell(Accepted(task.task_uuid))
        try:
            answer, repeated = await patiently(lambda: self._rest.post([task], timeout=SYNC_TIMEOUT))
        except Unreachable as error:
            _refuse_all([task], _in_doubt(error, [task]), tell)
            return
        frame = Frame.read(answer.payload, answer.status)
        problems = list(frame.problems) or _silent(answer, frame)
        repeated |= shared
        if _is_accepted_before(problems, repeated=repeated) or (_outlived(problems, answer) and not frame.items):
            desk.add(task, sent)
        elif problems and not frame.items and (answer.status >= 400 or len(problems) >= task.count):  # noqa: PLR2004
            _refuse(task, problems, tell, doubtful=_leaves_doubt(answer))
        else:
            self._take(task, frame, problems, answer, sent, desk=desk, tell=tell)

    async def _stream(self, task: Task, desk: Desk, tell: Tell, *, shared: bool) -> None:
        """Give a text as it is written. If the stream breaks or fails, the whole is fetched by its UUID."""
        sent = monotonic()
        try:
            answer, repeated = await patiently(lambda: self._follow(task, tell))
        except Unreachable as error:
            if error.sent:
                desk.add(task, sent)
            else:
                _refuse_all([task], _in_doubt(error, [task]), tell)
            return
        frame = Frame.read(answer.payload, answer.status)
        problems = list(frame.problems) or _silent(answer, frame)
        if frame.items:
            self._take(task, frame, problems, answer, sent, desk=desk, tell=tell)
        elif not problems or _leaves_doubt(answer) or _is_accepted_before(problems, repeated=repeated or shared):
            desk.add(task, sent)
        else:
            _refuse(task, problems, tell)

    async def _follow(self, task: Task, tell: Tell) -> Answer:
        """Follow a stream to its end, and return the text as an answer: an empty one when the stream broke."""
        said = reasoning = ""
        last: dict[str, Any] = {}
        async with self._rest.stream(task, timeout=SYNC_TIMEOUT) as answer:
            if isinstance(answer, Answer):
                return answer
            tell(Accepted(task.task_uuid))
            try:
                async for told in streaming.events(answer):
                    event = self.endpoint.key.redacted(told)
                    if event.get("taskUUID", task.task_uuid) != task.task_uuid:
                        continue
                    if Frame.read(event).problems:
                        return Answer(200, {}, sandbox=self._rest.sandbox_seen)
                    text, thought = streaming.delta(event)
                    said, reasoning = said + text, reasoning + thought
                    last |= {k: v for k, v in event.items() if k != "delta" and v is not None}
                    if text or thought:
                        tell(Delta(task.task_uuid, text, thought))
            except Unreachable:
                return Answer(200, {}, sandbox=self._rest.sandbox_seen)
        item = {**last, "taskType": task.task_type, "taskUUID": task.task_uuid, "text": said}
        thoughts = {"reasoningContent": reasoning} if reasoning else {}
        return Answer(200, {"data": [{**item, **thoughts}]}, sandbox=self._rest.sandbox_seen)

    def _take(
        self,
        task: Task,
        frame: Frame,
        problems: Sequence[ApiError],
        answer: Answer,
        sent: float,
        *,
        desk: Desk,
        tell: Tell,
    ) -> None:
        """Tell what an answer holds of a task, and leave the rest to be asked after."""
        pending = desk.add(task, sent)
        for event in pending.take(frame.items, problems, sandbox=answer.sandbox):
            tell(event)
        if pending.is_whole:
            desk.forget(task)

    async def dry_run(self, tasks: Sequence[Task]) -> dict[str, float]:
        """Have the API check and price tasks; it runs and bills none of them.

        Returns
        -------
        dict
            USD by task UUID, all results of a task together. A task that no price came for is not in it.

        Raises
        ------
        ApiError
            When it refuses one of them.
        Unreachable
            When no answer came.
        """
        prices: dict[str, float] = {}
        for first in range(0, len(tasks), PER_POST):
            several = [with_delivery(task) for task in tasks[first : first + PER_POST]]
            answer = await self._rest.post(several, dry_run=True)
            frame = Frame.read(answer.payload, answer.status)
            if problems := list(frame.problems) or _silent(answer, frame):
                raise problems[0]
            for item in frame.items:
                uuid, usd = item.get("taskUUID"), item.get("cost")
                if isinstance(uuid, str) and isinstance(usd, int | float) and not isinstance(usd, bool):
                    prices[uuid] = prices.get(uuid, 0.0) + usd
        return prices

    async def upload(self, data_uri: str) -> str:
        """Put a file into the API's media storage and return its media UUID. Free; kept 30 days if unused."""
        task = Task.of({"taskType": "mediaStorage", "operation": "upload", "media": data_uri})
        return str((await self.run(task))[0]["mediaUUID"])

    async def download(self, url: str, sink: Callable[[bytes], object], *, limit: int) -> None:
        """Fetch a result's file in pieces, without the key: see `Rest.download`."""
        await self._rest.download(url, sink, limit=limit)


def _groups(tasks: Sequence[Task], size: int) -> list[Sequence[Task]]:
    return [tasks[i : i + size] for i in range(0, len(tasks), size)]


def is_short(task: Task) -> bool:
    """Tell a task that ends soon enough for a `sync` answer, and may ask for one."""
    kind = task.type
    if kind is None or wire.SYNC not in kind.deliveries or kind.name in _LONG or task.model in _ASYNC_ONLY:
        return False
    return wire.get(task.model_extra or {}, "inputs.video") is None


def with_delivery(task: Task, *, pushed: bool = False) -> Task:
    """State the delivery method of a task that does not: the API's defaults differ from model to model."""
    if task.delivery_method or task.type is None or not task.type.deliveries:
        return task
    method = wire.SYNC if pushed and is_short(task) else task.type.deliveries[0]
    if method == wire.STREAM and (task.count > 1 or task.model in _ASYNC_ONLY):
        method = wire.ASYNC
    return task.delivered(method)


def _utility_wire(task: Task) -> dict[str, Any]:
    """Return the dict to send: authentication and ping have no UUID."""
    sent = task.to_wire()
    if task.task_type in {"authentication", "ping"}:
        sent.pop("taskUUID", None)
    return sent


def _is_accepted_before(problems: Sequence[RunwareError], *, repeated: bool) -> bool:
    """Tell a UUID refused as used because an earlier try of ours got through, from a real collision."""
    return repeated and bool(problems) and all(isinstance(p, DuplicateTask) for p in problems)


def _outlived(problems: Sequence[RunwareError], answer: Answer) -> bool:
    """Tell of a task that outlives the time of a `sync` answer: it runs on."""
    return any(isinstance(p, TaskTimeout) for p in problems) and answer.status < 500  # noqa: PLR2004


def _is_clear(problems: Sequence[RunwareError]) -> bool:
    """Tell refusals that a task that runs would never have got."""
    return all(isinstance(p, InvalidTask) and not isinstance(p, DuplicateTask) for p in problems)


def _silent(answer: Answer, frame: Frame) -> list[ApiError]:
    """Make an error of an answer that fails without saying why."""
    if answer.status < 400 or frame.items or frame.problems:  # noqa: PLR2004
        return []
    from runware_nb.errors import from_wire

    return [
        from_wire(
            {"message": f"the API answered HTTP {answer.status}", "code": f"http{answer.status}"},
            answer.status,
        )
    ]


def _in_doubt(error: Unreachable, tasks: Sequence[Task]) -> Unreachable:
    """Say of a lost connection what it means for the tasks: whether they may run, and be billed."""
    uuids = [t.task_uuid for t in tasks]
    if not error.sent:
        return Unreachable(f"{error} Nothing was sent.", task_uuids=uuids, sent=False)
    return Unreachable(f"{error} The task may have run: %runware resume brings it back.", task_uuids=uuids)


def _leaves_doubt(answer: Answer) -> bool:
    """Tell an answer after which the task may run all the same: of a gateway, of an API in trouble, or garbled."""
    return answer.status >= 500 or answer.status == 408 or is_garbled(answer)  # noqa: PLR2004


def _refuse(task: Task, problems: Sequence[RunwareError], tell: Tell, *, doubtful: bool = False) -> None:
    for problem in problems:
        tell(Refused(task.task_uuid, problem.about(task.task_uuid), doubtful))
    tell(Closed(task.task_uuid))


def _refuse_all(tasks: Sequence[Task], error: RunwareError, tell: Tell) -> None:
    for task in tasks:
        _refuse(task, [error], tell)
