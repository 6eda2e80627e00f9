"""The WebSocket side: one connection, many tasks, each result in a message of its own as it is ready."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from runware_nb.api import wire
from runware_nb.sandbox import answers, intake, utilities
from runware_nb.sandbox.faults import Fault
from runware_nb.sandbox.jobs import Desk, Frame, delivery_of
from runware_nb.sandbox.refusals import Refused, error
from runware_nb.sandbox.world import World

_IDLE: Final = 4000
"""Close code of a connection that said nothing for too long."""
_LOST: Final = 1011
_AMISS: Final[Mapping[str, Callable[[str], Sequence[str]]]] = {
    "lost-frame": lambda _: [],
    "unknown-frame": lambda text: ['{"news": {"of": "tomorrow"}}', '{"data": [{"taskType": "news"}]}', "[1]", text],
    "garbage-frame": lambda _: ["<html>"],
    "half-frame": lambda text: [text[: len(text) // 2]],
    "large-frame": lambda text: [" " * (3 << 20) + text],
}
"""What some faults send in place of a frame."""


@dataclass(eq=False)
class Session:
    """What a client resumes after a drop: frames wait here while nobody is connected."""

    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))
    waiting: asyncio.Queue[Frame] = field(default_factory=asyncio.Queue)


def endpoint(world: World) -> Callable[[WebSocket], Awaitable[None]]:
    """Return the endpoint of one sandbox, with its sessions."""
    sessions: dict[str, Session] = {}

    async def connect(socket: WebSocket) -> None:
        if world.faults.take("enter", "connect"):
            await socket.close()
            return
        await socket.accept()
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, _Dropped):
            await Connection(socket, world, sessions).serve()

    return connect


class _Dropped(Exception):
    """The connection was closed from this side."""


class Connection:
    """One WebSocket: authentication first, then frames of tasks until it is closed or idle."""

    def __init__(self, socket: WebSocket, world: World, sessions: dict[str, Session]) -> None:
        self._socket = socket
        self._world = world
        self._sessions = sessions
        self._session: Session | None = None
        self._mute = False

    @property
    def _desk(self) -> Desk:
        return self._world.desk

    async def serve(self) -> None:
        """Read messages until the end."""
        pushing: asyncio.Task[None] | None = None
        try:
            while True:
                tasks = await self._read()
                if self._session is None:
                    self._session = await self._authenticate(tasks[0] if tasks else {})
                    if self._session:
                        pushing = asyncio.create_task(self._push(self._session))
                    tasks = tasks[1:]
                if self._session and tasks:
                    await self._take(tasks, self._session)
        finally:
            if pushing:
                pushing.cancel()

    async def _read(self) -> list[Mapping[str, Any]]:
        """Return the tasks of the next message; close the connection when none comes in time."""
        try:
            # By the real clock: a client's pings do not follow when tests move the sandbox's.
            text = await asyncio.wait_for(self._socket.receive_text(), self._world.options.idle)
            return intake.tasks_of(json.loads(text))
        except TimeoutError:
            await self._close(_IDLE)
        except (ValueError, KeyError, RecursionError):
            await self._say(
                {"errors": [error("invalidPayloadFormat", "A message must be an array of objects, as JSON text.")]}
            )
        except Refused as no:
            await self._say({"errors": list(no.errors)})
        return []

    async def _close(self, code: int) -> None:
        await self._socket.close(code)
        raise _Dropped

    async def _say(self, frame: Mapping[str, Any]) -> None:
        await self._send(json.dumps(frame))

    async def _send(self, text: str) -> None:
        if not self._mute:
            await self._socket.send_text(text)

    async def _authenticate(self, task: Mapping[str, Any]) -> Session | None:
        """Open or resume the session of a client that has the key."""
        if task.get("taskType") != "authentication" or not intake.is_key(task.get("apiKey"), self._world):
            await self._say({"errors": [intake.bad_key()]})
            return None
        if fault := self._world.faults.take("enter", "key"):
            self._sessions.clear()
            if fault.name == "key-rejected":
                await self._say({"errors": [intake.bad_key()]})
                return None
        session = self._sessions.get(str(task.get("connectionSessionUUID"))) or Session()
        self._sessions[session.uuid] = session
        told = {"taskType": "authentication", "connectionSessionUUID": session.uuid, "sandbox": True}
        await self._say({"data": [told]})
        return session

    async def _push(self, session: Session) -> None:
        """Send what waits and what comes; what could not be sent waits for the next connection."""
        while True:
            frame = await session.waiting.get()
            try:
                await self._hand_over(frame, session)
            except (WebSocketDisconnect, RuntimeError, asyncio.CancelledError):
                session.waiting.put_nowait(frame)
                raise
            except _Dropped:
                return

    async def _hand_over(self, frame: Frame, session: Session) -> None:
        """Send a result, or what a fault makes of it."""
        fault = self._world.faults.take("push", "submit")
        text = json.dumps(frame)
        match fault.name if fault else "":
            case "dropped-frame":
                session.waiting.put_nowait(frame)
                await self._close(_LOST)
            case "lost-session":
                self._sessions.clear()
                await self._close(_LOST)
            case "late-frame" if not session.waiting.empty():
                session.waiting.put_nowait(frame)
            case "repeated-frame":
                await self._send(text)
                await self._send(text)
            case name if fault is None or name in _AMISS:
                for message in _AMISS[name](text) if name else [text]:
                    await self._send(message)
            case "nameless-frame":
                await self._say({"errors": [fault.error()]})
            case _:
                if frame.get("data"):
                    frame = {**frame, "data": answers.rearranged(fault, frame["data"])}
                await self._say(frame)

    async def _take(self, tasks: Sequence[Mapping[str, Any]], session: Session) -> None:
        """Take each task by itself; results and errors go in separate frames."""
        phase, faults = intake.phase_of(tasks), self._world.faults
        if fault := faults.take("before", phase):
            if fault.name == "deaf":
                return
            if fault.seconds is None:
                await self._fail(fault, tasks)
                return
            await self._world.clock.sleep(fault.seconds)
        spoiling = faults.take("answer", phase)
        dropping = faults.take("after", phase)
        frames: list[Frame] = []
        for task in tasks:
            frames += self._frames_of(task, session)
        if dropping and dropping.name == "mute":
            self._mute = True
        elif dropping:
            await self._close(_LOST)
        for frame in frames:
            await self._answer(frame, spoiling)

    async def _fail(self, fault: Fault, tasks: Sequence[Mapping[str, Any]]) -> None:
        if fault.status is None:
            await self._close(_LOST)
        for task in tasks:
            await self._say({"errors": [fault.error(task)]})

    async def _answer(self, frame: Frame, fault: Fault | None) -> None:
        """Send a frame, spoilt if a fault says so."""
        if fault and fault.name in {"truncated", "not-json", "html-200", "empty-200"}:
            text = json.dumps(frame)
            await self._send({"truncated": text[: len(text) // 2], "empty-200": ""}.get(fault.name, "<html>"))
            return
        if fault and frame.get("data"):
            frame = {**frame, "data": answers.rearranged(fault, frame["data"])}
        await self._say(frame)

    def _frames_of(self, task: Mapping[str, Any], session: Session) -> list[Frame]:
        """Accept one task; return what to answer at once. Its results come later, through the session."""
        try:
            if task.get("taskType") in wire.UTILITIES:
                answer = utilities.answer(task, self._world, push=session.waiting.put_nowait)
                return [{k: v} for k, v in answer.items() if v]
            job = self._desk.submit(task)
        except Refused as no:
            return [{"errors": [problem]} for problem in no.errors]
        job.watchers.append(session.waiting.put_nowait)
        return [{"data": [job.head]}] if delivery_of(job) == wire.ASYNC else []
