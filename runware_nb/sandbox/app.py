"""The HTTP side: `POST /v1`, and the routes of the other files. One request in, one answer out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from runware_nb.api import wire
from runware_nb.sandbox import answers, chat, files, intake, public, rules, sockets, streams, utilities
from runware_nb.sandbox.faults import Fault
from runware_nb.sandbox.guard import Guard
from runware_nb.sandbox.jobs import Job, delivery_of
from runware_nb.sandbox.refusals import Error, Refused, error
from runware_nb.sandbox.world import World

DRY_RUN: Final = "x-runware-dry-run"


def build(world: World) -> ASGIApp:
    """Build the application of one sandbox."""
    routes = [
        Route("/v1", Tasks(world)),
        WebSocketRoute("/v1", sockets.endpoint(world)),
        *chat.routes(world),
        *files.routes(world),
        *public.routes(world),
    ]
    return Guard(Starlette(routes=routes, exception_handlers={404: _not_found, 405: _not_found, 500: _broken}), world)


def _not_found(_: Request, problem: Exception) -> Response:
    status = getattr(problem, "status_code", 404)
    return answers.failed(error("notFound", "There is no such route."), status=status)


def _broken(_: Request, __: Exception) -> Response:
    return answers.failed(error("internalServerError", "The sandbox itself has failed."), status=500)


class Tasks:
    """`POST /v1`: the endpoint of every task type."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or fail as a fault says."""
        request = Request(scope, receive)
        try:
            tasks = await read_tasks(request, self._world)
            fault, answer = await self._answer(request, tasks)
        except Refused as no:
            fault, answer = None, answers.failed(*no.errors, status=no.status)
        except ClientDisconnect:
            return
        if fault is not None and fault.name in answers.CUTTING:
            await answers.cut(scope)
            return
        await answers.spoil(fault, answer)(scope, receive, send)

    async def _answer(self, request: Request, tasks: Sequence[Mapping[str, Any]]) -> tuple[Fault | None, Response]:
        phase, faults = intake.phase_of(tasks), self._world.faults
        if fault := faults.take("before", phase):
            if fault.name != "slow":
                return fault, answers.failure(fault, tasks)
            await self._world.clock.sleep(fault.seconds or 0.0)
        if request.headers.get(DRY_RUN) == "1":
            return None, self._dry_run(tasks)
        if any(t.get("deliveryMethod") == wire.STREAM for t in tasks):
            return streams.respond(tasks, self._world)
        data, errors, jobs, status = accept(tasks, self._world)
        if fault := faults.take("after", phase):
            return fault, answers.failure(fault, tasks)
        for answer in await asyncio.gather(*(self._world.desk.wait(j) for j in jobs if delivery_of(j) == wire.SYNC)):
            data += answer["data"]
            errors += answer["errors"]
        accepted = bool(data or jobs) or status == answers.OK
        fault = faults.take("answer", phase)
        return fault, answers.frame(data, errors, answers.OK if accepted else status)

    def _dry_run(self, tasks: Sequence[Mapping[str, Any]]) -> Response:
        """Check tasks and price them; nothing runs. Utilities are left out."""
        data: list[Any] = []
        errors: list[Error] = []
        for task in (t for t in tasks if t.get("taskType") not in wire.UTILITIES):
            try:
                model = rules.check(task, self._world.catalog, self._world.own_models)
            except Refused as no:
                errors += no.errors
                continue
            kind = wire.BY_NAME[task["taskType"]]
            count = task.get(kind.count or "", 1)
            cost = {"taskType": kind.name, "taskUUID": task["taskUUID"], "cost": self._world.desk.price(task, model)}
            data += [cost] * count
        return answers.frame(data, errors, answers.OK if data or not errors else 400)


def accept(tasks: Sequence[Mapping[str, Any]], world: World) -> tuple[list[Any], list[Error], list[Job], int]:
    """Take each task by itself: utilities answer at once, the rest become jobs.

    Returns
    -------
    tuple
        Items to answer with (acknowledgements included), errors, the jobs, and the HTTP status should
        no task have been accepted.
    """
    data: list[Any] = []
    errors: list[Error] = []
    jobs: list[Job] = []
    status = answers.OK
    for task in tasks:
        try:
            if task.get("taskType") in wire.UTILITIES:
                answer = utilities.answer(task, world)
                data += answer["data"]
                errors += answer["errors"]
            else:
                job = world.desk.submit(task)
                jobs.append(job)
                data += [job.head] if delivery_of(job) == wire.ASYNC else []
        except Refused as no:
            errors += no.errors
            status = no.status
    return data, errors, jobs, status


async def read_tasks(request: Request, world: World) -> list[Mapping[str, Any]]:
    """Read the tasks of a request and check its key, in the header or in a first authentication task."""
    authorization = request.headers.get("authorization")
    if authorization is not None and not intake.is_key(authorization, world, prefix="Bearer "):
        raise Refused(intake.bad_key(), status=401)
    if request.method != "POST":
        raise Refused(error("methodNotAllowed", "Send tasks with POST."), status=405)
    payload = await intake.read_json(request, world)
    if authorization is None:
        first = payload[0] if isinstance(payload, list) and payload else None
        if not isinstance(first, Mapping) or not intake.is_key(first.get("apiKey"), world):
            raise Refused(intake.bad_key(), status=401)
        payload = payload[1:] or payload
    return intake.tasks_of(payload)
