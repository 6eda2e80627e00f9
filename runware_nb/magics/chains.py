"""Chain: steps that work on each other's results, by name.

::

    - image: {prompt: "{{ topic }}, studio photo", as: shot}
    - removebg: {input: shot, as: cut}
    - 3d: {input: cut}

Every step is checked and priced before the first is sent, with stand-ins for what is not made yet. Steps that do not
wait for each other run at once. Run again, a chain takes from the cache what is here and goes on from there.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from runware_nb import preferences
from runware_nb.api import inputs, wire
from runware_nb.api.results import Asset, Result
from runware_nb.api.runs import Run
from runware_nb.api.tasks import Task
from runware_nb.caps import Cap
from runware_nb.catalog import asking
from runware_nb.errors import RunwareError, UnknownName, UsageError
from runware_nb.magics import grammar, templates
from runware_nb.magics.grammar import Command
from runware_nb.progress import Watch
from runware_nb.sessions import Quote, Session
from runware_nb.settings import cache_mode

STEP: Final = "step"
"""The axis on which a chain's run tells its steps."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Parameters
    ----------
    name
        What later steps call it.
    kind
        What it makes.
    words
        Its prompt or input, not yet filled in.
    parameters
        Its other parameters, likewise.
    needs
        Names of the steps it works on.
    """

    name: str
    kind: str
    words: Any
    parameters: Mapping[str, Any]
    needs: tuple[str, ...]


def steps(text: str) -> tuple[Step, ...]:
    """Read the steps of a chain.

    Raises
    ------
    UsageError
        For what is no list of steps, a name given twice, or a step that works on a later one.
    """
    listed = grammar.load_yaml(text)
    if not isinstance(listed, list) or not listed:
        raise UsageError("a chain is a list of steps, such as - image: {prompt: a fox, as: shot}.")
    found: dict[str, Step] = {}
    for entry in listed:
        step = _step(entry, found)
        if step.name in found:
            raise UsageError(f"two steps are called {step.name}: name one of them with as:.")
        found[step.name] = step
    return tuple(found.values())


def _step(entry: Any, earlier: Mapping[str, Step]) -> Step:
    if not isinstance(entry, dict) or len(entry) != 1:
        raise UsageError("each step is one kind and what it takes, such as - removebg: {input: shot}.")
    ((kind, said),) = entry.items()
    if kind not in wire.BY_KIND:
        raise UnknownName("kind", str(kind)[:40], wire.BY_KIND, f"Kinds: {', '.join(wire.BY_KIND)}.")
    given = dict(said) if isinstance(said, dict) else {"prompt": said}
    name = str(given.pop("as", kind))
    if not (name.isidentifier() or name in wire.BY_KIND):
        raise UsageError(f"{name[:40]!r} cannot be the name of a step: use letters, digits and _.")
    given = {str(k): _named(str(k), v, earlier) for k, v in given.items()}
    if "input" in given and "prompt" in given:
        raise UsageError(f"the step {name} has an input and a prompt: keep one, and name media as a parameter.")
    words = given.pop("input", given.pop("prompt", None))
    mentioned = templates.mentioned([words, given])
    return Step(name, kind, words, given, tuple(step for step in earlier if step in mentioned))


def _named(key: str, value: Any, earlier: Mapping[str, Step]) -> Any:
    """Take the bare name of a step for its result, where media go."""
    media = key in {"input", "first_frame", "last_frame"} or wire.to_wire(key) in wire.MEDIA_INPUTS
    if not media or not isinstance(value, str) or "{{" in value:
        return value
    if value in earlier:
        return f"{{{{ {value} }}}}"
    if key == "input" and value.isidentifier():
        raise UnknownName("step", value[:40], earlier, f"Steps before: {', '.join(earlier) or 'none'}.")
    return value


@dataclass(eq=False)
class Chain:
    """The steps of a cell, on their way.

    Parameters
    ----------
    command
        The cell.
    steps
        Its steps, each after those it works on.
    names
        The notebook's variables.
    """

    command: Command
    steps: tuple[Step, ...]
    names: Mapping[str, Any]
    _runs: dict[str, Run] = field(default_factory=dict, init=False)
    _prices: dict[str, float] = field(default_factory=dict, init=False)

    @classmethod
    def of(cls, command: Command, names: Mapping[str, Any]) -> Chain:
        """Read a chain.

        Raises
        ------
        UsageError
            For what is no chain, and for options that a chain has no place for.
        """
        unused = {"file", "grid", "with", *(o.name for o in grammar.OPTIONS if o.parameter)} & command.options.keys()
        if unused:
            raise UsageError(f"--{min(unused)} has no place in a chain: say it in its steps.")
        return cls(command, steps("\n".join(command.prompts)), names)

    @property
    def _limit(self) -> Any:
        return self.command.options.get("max_cost", preferences.value("max_cost"))

    @property
    def mode(self) -> str:
        """How to use the cache."""
        return cache_mode(self.command.options.get("cache", preferences.value("cache")))

    @property
    def axes(self) -> tuple[Mapping[str, Any], ...]:
        """For each task, the name of its step."""
        return tuple({STEP: step.name} for step in self.steps)

    def check(self, here: Session) -> list[dict[str, Any]]:
        """Return the task of each step on stand-ins for what is not made yet, or refuse it if one is wrong."""
        return here.check(list(self._planned(here).values()))

    def frame(self, run: Run) -> Any:
        """Return a run as a DataFrame."""
        return run.df

    async def quote(self, here: Session) -> Quote:
        """Tell what it would make, at what price: exactly for what is here, with stand-ins beyond."""
        lines, made = [], dict[str, Any]()
        for step in self.steps:
            task = self._task(step, made, here)
            (line,) = (await here.quote([task], self.mode)).lines
            whole = line.make == 0 and line.here
            made[step.name] = Run((line.task,), line.here) if whole else _stand_in(task)
            lines.append(line)
        return Quote(tuple(lines))

    async def run(self, here: Session, watch: Watch | None, *, agreed: bool) -> Run:
        """Run each step once those it works on are done, and return one run of them all.

        Raises
        ------
        BudgetExceeded
            When all steps together would cost too much: then none was sent.
        ApiError, Unreachable
            When a step fails and nothing at all was made.
        """
        self._hold(await self.quote(here), budget=here.budget is not None)
        self._runs = {name: Run.of([Task.of(task)]) for name, task in self._planned(here).items()}
        tell = _Teller(self, watch)
        begun: dict[str, asyncio.Task[Run]] = {}
        for step in self.steps:
            waits = [begun[name] for name in step.needs]
            begun[step.name] = asyncio.ensure_future(self._begin(step, waits, here, tell, agreed=agreed))
        try:
            await asyncio.wait(begun.values())
        except asyncio.CancelledError:
            for task in begun.values():
                task.cancel()
            await asyncio.wait(begun.values())
            raise
        run = self.whole().end()
        wrong = [error for task in begun.values() if (error := task.exception())]
        if wrong and (not run.results or not isinstance(wrong[0], RunwareError)):
            wrong[0].run = run  # type: ignore[attr-defined]
            raise wrong[0]
        return run

    def whole(self) -> Run:
        """Return one run of all steps as they are now."""
        parts = [(name, run) for name, run in self._runs.items()]
        begun = [run.started for _, run in parts if run.started]
        return Run(
            tuple(t for _, run in parts for t in run.tasks),
            tuple(r for _, run in parts for r in run.results),
            tuple(p for _, run in parts for p in run.problems),
            {u: s for _, run in parts for u, s in run.stages.items()},
            {u: p for _, run in parts for u, p in run.progress.items()},
            {u: p for _, run in parts for u, p in run.partial.items()},
            min(begun, default=None),
            None,
            self.command.options.get("name"),
            {t.task_uuid: {STEP: name} for name, run in parts for t in run.tasks},
            {step.name: step.needs for step in self.steps},
            {u: t for _, run in parts for u, t in run.thoughts.items()},
        )

    def _hold(self, quote: Quote, *, budget: bool) -> None:
        """Hold the cap over all steps together, before the first is sent."""
        sent = [line for line in quote.lines if line.make]
        self._prices = {
            step.name: line.usd or 0.0 for step, line in zip(self.steps, quote.lines, strict=True) if line.make
        }
        cap = Cap.of(self._limit, {line.task.task_uuid: line.usd for line in sent})
        cap.hold([line.task for line in sent], budget=budget)

    async def _begin(
        self, step: Step, waits: Iterable[asyncio.Task[Run]], here: Session, tell: _Teller, *, agreed: bool
    ) -> Run:
        """Wait for what a step works on, then run it; if that came to nothing, so does the step."""
        try:
            made = {name: await work for name, work in zip(step.needs, waits, strict=True)}
        except RunwareError:
            tell(step.name, self._not_begun(step))
            raise
        try:
            return await here.run(
                [self._task(step, made, here)],
                watch=lambda run: tell(step.name, run),
                timeout=self.command.options.get("timeout"),
                mode=self.mode,
                max_cost=self._left(step),
                agreed=agreed,
                axes=[{STEP: step.name}],
            )
        except RunwareError as error:
            tell(step.name, getattr(error, "run", None) or self._refused(step, error))
            raise
        finally:
            self._prices.pop(step.name, None)

    def _not_begun(self, step: Step) -> Run:
        failed = next(n for n in step.needs if self._runs[n].problems)
        return self._refused(step, UsageError(f"{step.name} was not begun, since {failed} came to nothing."))

    def _refused(self, step: Step, why: RunwareError) -> Run:
        """Return the run of a step that was never sent, with the reason."""
        run = self._runs[step.name]
        uuids = [t.task_uuid for t in run.tasks]
        return replace(run, problems=tuple((u, why.about(u)) for u in uuids), stages=dict.fromkeys(uuids, "failed"))

    def _left(self, step: Step) -> Any:
        """Return what a step may cost: the cap less what is spent and what the other open steps may take."""
        limit = self._limit
        if not isinstance(limit, int | float):
            return limit
        spent = sum(r.cost or 0 for run in self._runs.values() for r in run.results)
        return max(0.0, limit - spent - sum(p for name, p in self._prices.items() if name != step.name))

    def _planned(self, here: Session) -> dict[str, dict[str, Any]]:
        """Return the task of each step on stand-ins for what is not made yet."""
        tasks, made = dict[str, dict[str, Any]](), dict[str, Any]()
        for step in self.steps:
            tasks[step.name] = self._task(step, made, here)
            made[step.name] = _stand_in(tasks[step.name])
        return tasks

    def _task(self, step: Step, made: Mapping[str, Any], here: Session) -> dict[str, Any]:
        """Write the task of a step on what earlier steps made."""
        names = {**self.names, **made}
        parameters = preferences.with_defaults(step.kind, templates.fill(dict(step.parameters), names))
        task = asking.ask(step.kind, templates.fill(step.words, names), parameters, here.catalog)
        filled: dict[str, Any] = _named_by_uuid(task)
        return filled


class _Teller:
    """Keeps the newest state of each step, and shows the whole."""

    def __init__(self, chain: Chain, watch: Watch | None) -> None:
        self._chain = chain
        self._watch = watch

    def __call__(self, name: str, run: Run) -> None:
        self._chain._runs[name] = run  # noqa: SLF001  (its own)
        if self._watch:
            self._watch(self._chain.whole())


def _stand_in(asked: Mapping[str, Any]) -> Run:
    """Return a run that looks like what a task will make, for checking and pricing the steps after it."""
    task = Task.of({k: v for k, v in asked.items() if k != "taskUUID"})
    medium = task.type.medium if task.type else "text"
    if medium == "text":
        return Run((task,), tuple(Result(task, n, {"text": "…"}) for n in range(task.count)))
    made = (Asset(medium, "", uuid=str(uuid.uuid4())) for _ in range(task.count))
    return Run((task,), tuple(Result(task, n, {}, (asset,)) for n, asset in enumerate(made)))


def _named_by_uuid(value: Any) -> Any:
    """Put the UUID in the place of media that stand in for what is not made yet."""
    result = value[0] if isinstance(value, Run) and len(value) == 1 else value
    if isinstance(result, Result) and not result.wire and result.asset:
        return result.asset.uuid
    if inputs.is_media(value):
        return value
    if isinstance(value, Mapping):
        return {k: _named_by_uuid(v) for k, v in value.items()}
    return [_named_by_uuid(v) for v in value] if isinstance(value, list) else value
