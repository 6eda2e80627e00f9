"""Playground: one task, changed by hand, priced as it changes, and run.

A page shows it (`playdesk.py`); this is the state behind the page, and knows no page. Only the background loop touches
it. Nothing is sent before `go`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, Literal, Protocol

from runware_nb import desks, forms, preferences, presets, reprs, spelling
from runware_nb.api import inputs, wire
from runware_nb.api.runs import Run
from runware_nb.api.tasks import Task
from runware_nb.catalog import Model, schemas
from runware_nb.catalog.finding import kind_of
from runware_nb.catalog.starting import start
from runware_nb.errors import RunwareError, UsageError
from runware_nb.sessions import Quote, Session

State = Literal["idle", "asking", "running", "done", "failed", "stopped"]
_HOLE: Final = "\0"
"""Stands for what a model needs and the user has yet to give."""
_KEPT: Final = frozenset({"taskType", "taskUUID", "model", "inputs", "messages"})
"""What is not taken along as it stands when another model is picked."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with one field, by its dotted wire path; "" for the whole."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a playground would send: the tasks, and for each its place on the axes of the cell that it came from."""

    tasks: tuple[dict[str, Any], ...]
    axes: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is thought of a task as it stands.

    Parameters
    ----------
    flaws
        What is wrong with it.
    quote
        What it would make, at what price; None while something is wrong.
    plan
        What would be sent; None where not even that can be told.
    """

    flaws: tuple[Flaw, ...] = ()
    quote: Quote | None = None
    plan: Plan | None = None


class Writer(Protocol):
    """A cell that a playground was opened from. It makes the tasks, and is written anew with what was changed.

    Attributes
    ----------
    title
        What it is called.
    varied
        Dotted wire path of each parameter that the cell's sweep varies, and its values in words.
    sweep
        The axes of the sweep, as text to be edited; "" if there is none.
    """

    title: str
    sweep: str

    @property
    def varied(self) -> Mapping[str, Sequence[str]]:
        """As above."""

    def plan(self, task: Mapping[str, Any]) -> Plan:
        """Return the tasks it would make, or refuse it."""

    def cell(self, task: Mapping[str, Any]) -> str:
        """Return the whole cell."""


class Playground:
    """A form to ask with, and what came of it: see `runware_nb.playground`, which makes one.

    Parameters
    ----------
    session
        Gives what runs it.
    model
        The model to begin with, by any of its names.
    task
        The task to begin with; if not given, the least that the model needs.
    writer
        The cell it was opened from, if it was.

    Attributes
    ----------
    model
        The model that is picked.
    task
        The task as it stands, on the wire, its media as files.
    run
        What was made last.
    state
        `idle`; `asking` for an agreement to the price; `running`, `done`, `failed` or `stopped`.
    told
        A line for the user.
    """

    def __init__(
        self,
        session: Callable[[], Session],
        model: str | None = None,
        task: Mapping[str, Any] | None = None,
        writer: Writer | None = None,
    ) -> None:
        self._session = session
        self.writer = writer
        kind = wire.BY_NAME[task["taskType"]].kind if task and task.get("taskType") in wire.BY_NAME else "image"
        name = model or (task or {}).get("model") or wire.BY_KIND[kind].default_model or forms_default(kind)
        self.model: Model = forms.known(name, kind, session().catalog)
        self.task: dict[str, Any] = spelling.bare(task) if task else self._least(self.model)
        self.run = Run()
        self.state: State = "idle"
        self.told = ""
        self._agreeing: str | None = None
        self._work: asyncio.Task[None] | None = None
        self._watchers: list[Callable[[], object]] = []

    def __repr__(self) -> str:
        return f"<Playground: {self.model.slug}>"

    def _ipython_display_(self) -> None:
        import_module("runware_nb.playdesk").show(self)

    def _repr_html_(self) -> str:
        """Serve front ends that ask for HTML alone, such as marimo."""
        return self.fallback()

    @property
    def session(self) -> Session:
        """What runs it."""
        return self._session()

    @property
    def kind(self) -> str:
        """What it makes, as typed after `%%runware`."""
        return kind_of(self.model)

    @property
    def cell(self) -> str:
        """The `%%runware` cell that asks for the same."""
        return self.writer.cell(self.task) if self.writer else spelling.cell(self.task, self.session.catalog)

    @property
    def code(self) -> str:
        """The Python that asks for the same."""
        return spelling.python(self.task, self.session.catalog)

    @property
    def json(self) -> str:
        """The task as the API takes it."""
        return spelling.as_json(self.task)

    @property
    def grid(self) -> str:
        """The Python of a comparison grid that varies it."""
        return spelling.grid(self.task, self.session.catalog)

    def fallback(self) -> str:
        """HTML for where no kernel is: what was made last, or what this is."""
        if self.run.results:
            return str(reprs.mimebundle(self.run)[0]["text/html"])
        return f"<p>{SAYS}</p>"

    def freeze(self) -> None:
        """Make what shows it static, so that the saved notebook reads without a kernel. Shown again, it is live."""
        desks.freeze(self)

    def watch(self, watcher: Callable[[], object]) -> Callable[[], None]:
        """Tell of each change of the state, on the background loop. Returns what ends that."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher) if watcher in self._watchers else None

    def pick(self, name: str) -> None:
        """Take another model. What it takes too of what was asked goes along.

        Raises
        ------
        UnknownName
            For a model nobody knows.
        """
        model = forms.known(name, self.kind, self.session.catalog)
        task = self._least(model)
        words = wire.prompt_of(self.task)
        self.model, old, self.task = model, self.task, task
        taken = {k: v for k, v in old.items() if k not in _KEPT and model.takes(k)}
        taken.update(_same_inputs(old.get("inputs"), model))
        refused = {flaw.parameter.partition(".")[0] for flaw in schemas.flaws(model.schema, {**task, **taken})}
        if {"width", "height", "width, height"} & refused:
            refused |= {"width", "height"}
        self.task |= {k: v for k, v in taken.items() if k not in refused}
        if words:
            _say(self.task, words)
        self._settle()

    def change(self, task: Mapping[str, Any]) -> None:
        """Take a task as it was edited. Its type and model stay those that are picked."""
        own = {k: v for k, v in task.items() if k not in {"taskType", "taskUUID", "model", "includeCost"}}
        named = {"taskType": self.model.task_type} | ({"model": self.model.air} if "model" in self.task else {})
        before, self.task = self.task, {**named, **own}
        if self.state == "asking" and self.task != before:
            self._settle()

    def open(self, task: Mapping[str, Any], run: Run | None = None) -> None:
        """Take a whole task, of whatever model, and what it has made.

        Raises
        ------
        UsageError
            For a task type that is newer than this package.
        """
        row = wire.BY_NAME.get(str(task.get("taskType")))
        if row is None:
            raise UsageError(f"{str(task.get('taskType'))[:40]} is no kind of task that has a form here.")
        model = forms.known(str(task.get("model") or forms_default(row.kind)), row.kind, self.session.catalog)
        self.model, self.task = model, spelling.bare(task)
        if run is not None:
            self.run = run
        self._settle("done" if run is not None else "idle")

    def preset(self, name: str) -> None:
        """Take the task of a preset.

        Raises
        ------
        UsageError
            When there is none of that name.
        """
        self.open(presets.load(name))

    async def recall(self, uuid: str) -> None:
        """Take a task of the ledger, and what it made. Costs nothing.

        Raises
        ------
        UsageError
            When the ledger does not know it, or its files are gone.
        """
        run = await self.session.recall(uuid)
        self.open(run.tasks[0].to_wire(), run)

    def plan(self) -> Plan:
        """Return what would be sent.

        Raises
        ------
        UsageError
            When the cell that it came from cannot be filled in.
        """
        return self.writer.plan(self.task) if self.writer else Plan((dict(self.task),))

    async def judge(self) -> Verdict:
        """Tell what is wrong with the task as it stands, or else what it would cost. Sends nothing."""
        try:
            plan = self.plan()
        except RunwareError as error:
            return Verdict((Flaw("", str(error)),))
        catalog = self.session.catalog
        model_of = [catalog.get(task.get("model")) or self.model for task in plan.tasks]
        found = [flaw for task, model in zip(plan.tasks, model_of, strict=True) for flaw in flaws(task, model)]
        if found:
            return Verdict(tuple(dict.fromkeys(found)), None, plan)
        try:
            quote = await self.session.quote(plan.tasks, preferences.value("cache"))
        except RunwareError as error:
            return Verdict((Flaw("", str(error)),), None, plan)
        return Verdict((), quote, plan)

    def go(self, *, agreed: bool = False) -> None:
        """Run it, or ask first where the price wants that. An agreement is to the very task that was asked about."""
        if self._work is None:
            self._work = asyncio.ensure_future(self._go(agreed=agreed))
            self._work.add_done_callback(self._ended)

    def stop(self) -> None:
        """Stop waiting. What was sent runs on, and is billed."""
        if self._work is not None:
            self._work.cancel()

    def decline(self) -> None:
        """Do not agree to the price."""
        if self.state == "asking":
            self._settle()

    async def _go(self, *, agreed: bool) -> None:
        verdict = await self.judge()
        if verdict.flaws or verdict.plan is None or verdict.quote is None:
            self._settle("failed", _first(verdict.flaws))
            return
        asked = json.dumps(verdict.plan.tasks, sort_keys=True, default=repr)
        here = self.session
        if here.confirm_above is not None and verdict.quote.usd > here.confirm_above:
            if not agreed or asked != self._agreeing:
                self._settle("asking")
                self._agreeing = asked
                return
        else:
            agreed = False
        self.run = Run.of([Task.of(task) for task in verdict.plan.tasks])
        self._settle("running")
        try:
            self.run = await here.run(
                verdict.plan.tasks,
                watch=self._seen,
                mode=preferences.value("cache"),
                max_cost=preferences.value("max_cost"),
                agreed=agreed,
                axes=verdict.plan.axes,
            )
        except RunwareError as error:
            self.run = getattr(error, "run", None) or self.run
            self._settle("failed", str(error))
        except asyncio.CancelledError:
            self.run = self.run.end()
            self._settle("stopped", STOPPED)
            raise
        else:
            problems = "; ".join(dict.fromkeys(str(error) for _, error in self.run.problems))
            self._settle("done", problems)

    def _seen(self, run: Run) -> None:
        self.run = run
        self._tell()

    def _ended(self, work: asyncio.Task[None]) -> None:
        self._work = None
        if not work.cancelled() and (error := work.exception()):
            self._settle("failed", f"{type(error).__name__}: {error}")
        self._tell()

    def _settle(self, state: State = "idle", told: str = "") -> None:
        """Take a state. A run that is under way goes on, whatever is changed meanwhile."""
        if state == "idle" and self.state == "running":
            return
        self.state, self.told, self._agreeing = state, told, None
        self._tell()

    def _tell(self) -> None:
        for watcher in list(self._watchers):
            watcher()

    def _least(self, model: Model) -> dict[str, Any]:
        """Return the least task of a model, with holes where the user's media go."""
        catalog = self.session.catalog
        if catalog.get(model.air) is None:
            usual = catalog.get(wire.BY_NAME[model.task_type].default_model)
            least = {**(start(usual, catalog, lambda _: _HOLE) if usual else {}), "model": model.air}
        else:
            least = start(model, catalog, lambda _: _HOLE)
        filled: dict[str, Any] = _without_holes(least)
        return filled


SAYS: Final = "A playground of Runware: run the cell again, in a notebook with a kernel, to ask for things by a form."
STOPPED: Final = "Stopped waiting. What was sent runs on, and is billed: %runware resume brings it."


def forms_default(kind: str) -> str:
    """Return the model of a kind for which the API wants none."""
    from runware_nb.catalog import bundled

    return next(model.air for model in bundled() if kind_of(model) == kind)


def flaws(task: Mapping[str, Any], model: Model) -> list[Flaw]:
    """Return what is wrong with a task, by the model's schema and by its files."""
    checked = {k: v for k, v in task.items() if not k.startswith("x-")}
    found = [Flaw(flaw.parameter.split(",")[0], flaw.message) for flaw in schemas.flaws(model.schema, checked)]
    for path, media in inputs.media_in(checked):
        try:
            inputs.check(path, media)
        except UsageError as error:
            found.append(Flaw(path, str(error)))
    return found


def _first(found: Sequence[Flaw]) -> str:
    return "; ".join(dict.fromkeys(flaw.message for flaw in found))


def _same_inputs(given: Any, model: Model) -> dict[str, Any]:
    """Return the media that another model names too."""
    named = model.schema["properties"].get("inputs", {}).get("properties", {})
    kept = {k: v for k, v in given.items() if k in named} if isinstance(given, Mapping) else {}
    return {"inputs": kept} if kept else {}


def _say(task: dict[str, Any], words: str) -> None:
    """Put the words where the task has its own."""
    for path in ("positivePrompt", "speech.text", "prompt"):
        if isinstance(wire.get(task, path), str):
            wire.put(task, path, words)
            return
    if isinstance(task.get("messages"), list):
        task["messages"] = [{"role": "user", "content": words}]


def _without_holes(value: Any) -> Any:
    """Leave out holes, and what is empty without them."""
    if isinstance(value, Mapping):
        kept = {k: _without_holes(v) for k, v in value.items() if not _is_hole(v)}
        return {k: v for k, v in kept.items() if v not in ({}, [])}
    if isinstance(value, list):
        return [_without_holes(v) for v in value if not _is_hole(v)]
    return value


def _is_hole(value: Any) -> bool:
    if isinstance(value, Mapping):
        return _HOLE in value.values()
    return isinstance(value, str) and value == _HOLE
