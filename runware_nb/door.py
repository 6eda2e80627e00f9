"""The Python door: the default session, and a verb for each thing to make.

Everything here is async; `runware_nb.blocking` has the same names for scripts and functions.
"""

from __future__ import annotations

import asyncio
import atexit
import importlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from runware_nb import keys, preferences, reports, reprs
from runware_nb.api.client import TIMEOUT
from runware_nb.api.results import Result
from runware_nb.api.runs import Run
from runware_nb.api.tasks import Task
from runware_nb.catalog import Catalog, Models, asking, fetching
from runware_nb.catalog.community import Community
from runware_nb.catalog.finding import kind_of
from runware_nb.compare import comparing, exporting, judging
from runware_nb.compare.comparing import Comparison
from runware_nb.compare.contests import Contest, axis_of
from runware_nb.compare.costs import Costs, Reckoning
from runware_nb.compare.history import History
from runware_nb.compare.opinions import Opinions
from runware_nb.compare.rankings import Ranking, Voters, voted
from runware_nb.compare.sweeps import LARGEST, LARGEST_AGREED, Sweep, listed
from runware_nb.errors import MissingKey, UnknownName, UsageError
from runware_nb.grids import Grid
from runware_nb.judges import Judging
from runware_nb.keys import Secret
from runware_nb.loops import interruptible, wait_for
from runware_nb.playgrounds import Playground
from runware_nb.progress import Watch
from runware_nb.rows import Rows
from runware_nb.sessions import MaxCost, Quote, Session
from runware_nb.settings import OUTPUTS, Endpoint, cache_mode, endpoint

reprs.loaders.append(lambda: importlib.import_module("runware_nb.display"))

_default: list[Session] = []
_sandboxes: list[Any] = []
announce: Callable[[str], None] = print
"""Says one line to the user, in the output of the cell."""


class _Online:
    """What goes out for `models`."""

    async def search(self, words: str, **asked: Any) -> Community:
        return await interruptible(session().search(words, **asked))

    async def refresh(self, airs: Iterable[str]) -> str:
        return await interruptible(fetching.living().refresh(airs))

    @property
    def told(self) -> str:
        return fetching.living().told


models = Models(fetching.current, online=_Online())
"""The models of the catalogue: `rw.models("flux", kind="image")` finds some, `rw.models.df` is a table of all,
`await rw.models.search("anime", category="lora")` asks the API, `await rw.models.refresh()` the public services."""


def session() -> Session:
    """Return the session that cells and verbs share, opening it at first use.

    With a key (see `keys.find`) it talks to the API. Without, the built-in sandbox serves, and says so in one line.

    Raises
    ------
    MissingKey
        When there is neither a key nor the sandbox's extra.
    """
    if not _default:
        _default.append(
            Session(
                _place(),
                folder=Path(preferences.value("out_dir")),
                tell=announce,
                prepare=lambda result: importlib.import_module("runware_nb.display.players").prepare(result),
            )
        )
    here = _default[0]
    here.confirm_above = preferences.value("confirm_above")
    here.transport = preferences.value("transport")
    here.timeout = preferences.value("timeout") or TIMEOUT
    here.validate = preferences.value("validate")
    here.limit(preferences.value("session_budget"), preferences.value("budget_name"))
    return here


def is_open() -> bool:
    """Tell whether cells and verbs have opened their session."""
    return bool(_default)


def _place() -> Endpoint:
    if found := keys.find():
        return endpoint(found.key)
    if url := os.environ.get("RUNWARE_BASE_URL"):
        raise MissingKey(
            f"RUNWARE_BASE_URL is {url}, but there is no key for it: set RUNWARE_API_KEY or use %runware login."
        )
    try:
        from runware_nb.sandbox import Sandbox

        box = Sandbox(balance=1_000_000)
        box.start()
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("runware_nb"):
            raise
        raise MissingKey(
            "there is no API key and no sandbox: set RUNWARE_API_KEY (https://my.runware.ai/signup),"
            " or install the sandbox with pip install 'runware-nb[sandbox]'."
        ) from None
    _sandboxes.append(box)
    atexit.register(box.stop)
    announce("No RUNWARE_API_KEY is set: the built-in sandbox serves. Its media are samples and cost nothing.")
    return Endpoint(box.http_url, box.ws_url, Secret(box.api_key), sandbox=True)


async def reset() -> None:
    """Close the default session, so that the next call reads the environment anew."""
    while _default:
        await _default.pop().close()
    while _sandboxes:
        box = _sandboxes.pop()
        atexit.unregister(box.stop)
        box.stop()


async def run(
    tasks: Mapping[str, Any] | Task | Sequence[Mapping[str, Any] | Task],
    *,
    name: str | None = None,
    cache: str | None = None,
    max_cost: MaxCost = None,
    validate: bool | None = None,
) -> Run:
    """Send tasks as the API's docs write them, one or several of any types, and keep what they make.

    Media in them may be files (`pathlib.Path`), PIL images, arrays or earlier results. What is here already is shown
    again at no cost.

    Parameters
    ----------
    tasks
        One task or several.
    name
        What to call the run.
    cache
        `"use"` what is here, make `"fresh"` samples beside it, take `"only"` what is here, or `"off"`.
        `RUNWARE_CACHE` overrules it.
    max_cost
        USD the run may cost at most; `"none"` to send what has no known price in spite of a budget.
    validate
        `False` to let the API alone judge the parameters, such as those of a model newer than its schema here; the
        preference `validate` if not given. A single parameter is sent unchecked with `x-` before its name.

    Raises
    ------
    UsageError
        When a task is wrong: nothing was sent.
    ApiError, Unreachable
        When nothing was made.
    """
    several = [tasks] if isinstance(tasks, Mapping | Task) else list(tasks)
    work = session().run(several, name=name, mode=_mode(cache), max_cost=_most(max_cost), validate=validate)
    return await interruptible(work)


async def ask(
    kind: str,
    words: Any = None,
    *,
    name: str | None = None,
    watch: Watch | None = None,
    cache: str | None = None,
    max_cost: MaxCost = None,
    validate: bool | None = None,
    **parameters: Any,
) -> Run:
    """Make something of a kind: what `image`, `video` and the rest do.

    `cache`, `max_cost` and `validate` are as in `run`.

    A list for a parameter that takes one value is an axis: `seed=[1, 2]` makes two tasks, and two axes make all
    pairs, the first varying slowest. At most 64 tasks, or 1,000 under a `max_cost`.
    """
    here = session()
    prompts = {"prompt": words} if isinstance(words, list | tuple) else {}
    axes = {**prompts, **listed(kind, parameters, here.catalog)}
    points = list(Sweep(axes, most=LARGEST if max_cost is None else LARGEST_AGREED))
    tasks = [_asked(kind, words, parameters, point, here.catalog) for point in points]
    most = _most(max_cost)
    work = here.run(tasks, name=name, watch=watch, mode=_mode(cache), max_cost=most, axes=points, validate=validate)
    return await interruptible(work)


def _asked(
    kind: str, words: Any, parameters: Mapping[str, Any], point: Mapping[str, Any], catalog: Catalog
) -> dict[str, Any]:
    """Write the task of one point of a sweep."""
    varied = dict(point)
    words = varied.pop("prompt", words) if isinstance(words, list | tuple) else words
    return asking.ask(kind, words, preferences.with_defaults(kind, {**parameters, **varied}), catalog)


async def again(
    result: Result,
    *,
    name: str | None = None,
    cache: str | None = None,
    max_cost: MaxCost = None,
    **changes: Any,
) -> Run:
    """Make a result again, with some parameters changed (None takes one away): see `Result.again`."""
    here = session()
    task = asking.changed(result.task, changes, here.catalog)
    mode = cache_mode(cache or (preferences.value("cache") if changes else "fresh"))
    return await interruptible(here.run([task], name=name, mode=mode, max_cost=_most(max_cost)))


def _mode(asked: str | None) -> str:
    return cache_mode(asked or preferences.value("cache"))


def _most(asked: MaxCost) -> MaxCost:
    limit: float | None = preferences.value("max_cost")
    return limit if asked is None else asked


async def resume() -> Run:
    """Bring back what was paid for and never seen: see `Session.resume`."""
    return await interruptible(session().resume())


def grid(kind: str | None = None, *, name: str | None = None, **parameters: Any) -> Grid:
    """Compare many ways of asking: a list for a parameter is an axis, and a grid has a cell for each combination.

    `g = rw.grid(prompt=["a fox", "a city"], model=["bfl-flux-1-dev", "sdxl"], seed=[1, 2])`; then `g.estimate()`,
    `g.run(max_cost=0.05)`, which returns at once, and `await g` for the `Run`. Shown, it fills live, and any two axes
    are its rows and columns. Every cell is checked before anything is sent; what is here already costs nothing.

    Parameters
    ----------
    kind
        What to make, such as `"video"`. If not given, what the model of each cell makes; images without a model.
    name
        What to call it.
    **parameters
        As of `runware_nb.image` and its like, `prompt` among them.

    Raises
    ------
    UsageError
        When a cell is wrong, or there are more than 10,000. Nothing was sent.
    """
    here = session()
    words = {"prompt": parameters["prompt"]} if isinstance(parameters.get("prompt"), list | tuple) else {}
    varied = {**words, **listed(kind or "image", parameters, here.catalog)}
    axes = {key: varied[key] for key in parameters if key in varied}

    def make(point: Mapping[str, Any]) -> Task:
        given = {**parameters, **point}
        prompt, made = given.pop("prompt", None), kind or _made_by(given.get("model"), here.catalog)
        asked = asking.ask(made, prompt, preferences.with_defaults(made, given), here.catalog)
        return Task.of(here.check([asked])[0])

    return Grid(axes, make, here, name)


async def map(  # noqa: A001  (as `rw.map` it is what it says)
    table: Any,
    prompt: str,
    *,
    kind: str | None = None,
    name: str | None = None,
    cache: str | None = None,
    max_cost: MaxCost = None,
    engine: Any = None,
    to: str | Path | None = None,
    **parameters: Any,
) -> Any:
    """Make something of each row of a table: `await rw.map(frame, "{{ title }}, studio photo", max_cost=5)`.

    All rows are checked and priced before the first is sent. Thousands of rows take no more memory than hundreds; they
    are sent as fast as the API takes them. Interrupted or not, run it again: what is here costs nothing, and only
    what is missing is made.

    With a dask cluster its workers send the rows. This kernel still decides: `max_cost`, budgets and the at most 800
    rows under way are those of the whole, however many workers there are. The rows of a worker that is lost are done
    by another, which fetches by UUID what was sent, and pays for nothing twice. Each worker finds the API key by
    itself, in its environment (a LocalCluster takes this kernel's) or keyring; it is in nothing that dask handles.
    Workers on this machine share its ledger and folder. Those on others must see both under the same paths, on a
    shared disk; those that do not are refused before anything is sent.

    Parameters
    ----------
    table
        A DataFrame, or what pandas makes one of.
    prompt
        What to ask for, with `{{ }}` around names of columns.
    kind
        What to make, such as `"text"`. If not given, what the model makes; images without a model.
    name, cache, max_cost
        As in `run`. The cap is on all rows together.
    engine
        A `dask.distributed.Client` (`pip install 'runware-nb[dask]'`). This kernel sends, if not given.
    to
        A Parquet file to write the table to; its path is then returned in place of it.
    **parameters
        As of `runware_nb.image` and its like; texts among them may hold `{{ }}` as well.

    Returns
    -------
    pandas.DataFrame
        The table under its own index, and beside it, for each output or failure, the columns of `records.KEPT`: status,
        path, text, cost and the rest. A row with several results comes several times.

    Raises
    ------
    UsageError
        When a row is wrong: it is named, and nothing was sent. When a worker lacks what it wants: likewise.
    BudgetExceeded
        When the whole would, or might, cost too much: likewise.
    """
    from runware_nb.compare.records import Records

    here, records = session(), Records.of(table)
    target = None if to is None else records.target(to)
    fill = importlib.import_module("runware_nb.magics.templates").fill
    line = importlib.import_module("runware_nb.display.tallies").TallyLine()

    def asked(row: Mapping[str, Any]) -> dict[str, Any]:
        given = fill(parameters, row)
        made = kind or _made_by(given.get("model"), here.catalog)
        task = asking.ask(made, str(fill(prompt, row)), preferences.with_defaults(made, given), here.catalog)
        # A text is wanted whole: nobody watches ten thousand of them being written.
        return {"deliveryMethod": "sync", **task} if made == "text" else task

    mode, most = _mode(cache), _most(max_cost)

    async def work() -> Any:
        if engine is None:
            return await Rows(records, asked, here, mode=mode, max_cost=most, name=name, watch=line.watch).run()
        async with _cluster()(engine, here, tell=announce, mode=mode, name=name) as crew:
            rows = Rows(records, asked, here, mode=mode, max_cost=most, name=name, watch=line.watch, crew=crew)
            return await rows.run()

    made = records.beside(await interruptible(work(), meanwhile=line.draw))
    line.finish()
    return made if target is None else Records(made).write(target)


def _cluster() -> Any:
    try:
        return importlib.import_module("runware_nb.clusters").Cluster
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("runware_nb"):
            raise
        raise UsageError("engine= wants dask: pip install 'runware-nb[dask]'.") from None


def playground(model: str | None = None, **parameters: Any) -> Playground:
    """Open a form to ask a model by: search for it, fill it in, see its price, run it. Nothing is sent before Run.

    The form is made from the model's schema. Run is Ctrl+Enter; what was made is shown beside the form, and copied
    from it as a `%%runware` cell, as Python, as JSON or as a grid.

    Parameters
    ----------
    model
        AIR, slug, or a unique part of one; FLUX.1 dev if not given.
    **parameters
        What the form begins with, as of `runware_nb.image`, `prompt` among them.

    Raises
    ------
    UsageError
        For a model nobody knows, or a parameter that cannot be placed.
    """
    play = Playground(session, model)
    if parameters:
        play.open(asking.changed(Task.of(play.task), parameters, session().catalog))
    return play


async def estimate(
    what: Run | Grid | Mapping[str, Any] | Task | Sequence[Any], *, cache: str | None = None, dry_run: bool = False
) -> Quote:
    """Tell what tasks, a grid or a run would make, what is here already, and at what price. Sends nothing.

    Parameters
    ----------
    what
        A task or several as `run` takes them, a grid, or a run (then: made again).
    cache
        As in `run`.
    dry_run
        Whether to ask the API for the price: it is sent the tasks marked as a dry run, checks them, and runs and bills
        none. Media in them are uploaded for it.

    Returns
    -------
    Quote
        `low`, `likely` and `high` in USD of what would be made, `basis`, which says how that is known (list rates,
        price examples, what such results cost you before, dry run, unknown), and `lines` with the same of each task;
        `unpriced` counts those whose price nobody knows.

    Raises
    ------
    UsageError
        When a task is wrong.
    """
    here = session()
    if isinstance(what, Grid):
        tasks: list[Any] = [cell.task for cell in what.board.cells]
    elif isinstance(what, Run):
        tasks = list(what.tasks)
    else:
        tasks = [what] if isinstance(what, Mapping | Task) else list(what)
    return await here.quote(tasks, _mode(cache), dry_run=dry_run)


def history(words: str | None = None, **conditions: Any) -> History:
    """Return the ledger, or a part of it: every task of every notebook on this machine, and what came of it.

    `rw.history("fox", kind="image", since="2026-01-01", most=100).df`. Nothing is read before it is looked at, and the
    conditions are SQLite's work. Costs nothing.

    Parameters
    ----------
    words
        All of them are in the request, in any order and letter case.
    **conditions
        `model` (a part of its AIR), `kind`, `status` (`"done"`, `"failed"`, `"unfinished"`), `since` and `until` (UTC
        days, both included), `notebook` (a part of its path), `tag`, and `most`, the number of rows, newest first.

    Returns
    -------
    History
        `.df` has the columns of `Run.df`; `.restore()` is a run of it; `.where(...)` a narrower part;
        `.rate(tags=[...])` tags it.

    Raises
    ------
    UnknownName, UsageError
        For a condition, kind or status that is not there, or a day that is none.
    """
    return session().past(words=words, **conditions)


def costs(by: str | Sequence[str] = (), **conditions: Any) -> Costs:
    """Add up what was spent, saved, is under way, failed or of unknown price: of the whole ledger, or of a part.

    `rw.costs("model,day", since="2026-01-01")`. Shown, it is figures, charts and a table; `.df` is a DataFrame. Costs
    nothing.

    Parameters
    ----------
    by
        What to tell groups apart by: `model`, `kind`, `day` (UTC), `notebook`, `cell`, `tag`; several with commas. What
        has several tags counts under each.
    **conditions
        As in `history`.

    Raises
    ------
    UnknownName, UsageError
        For what cannot be told apart by, or a condition that cannot be.
    """
    here = session()
    return here.past(**conditions).costs(by, here.budget)


def ranks(grid: Grid, axis: str | None = None, *, voters: Voters = "people") -> Ranking:
    """Rank the values of an axis of a grid by the votes on it (Bradley-Terry, with ties). Costs nothing.

    Parameters
    ----------
    grid
        The grid that was voted on.
    axis
        What is ranked; models, if not given, else the last axis with several values.
    voters
        Whose votes: `"people"`, `"judges"` (models: see `judge`), or `"all"`.

    Returns
    -------
    Ranking
        `.df`, the win `.matrix`, who is level with whom, the position bias, votes still needed; `.export(path)` writes
        the votes.

    Raises
    ------
    UnknownName, UsageError
        For an axis that is not there, or a grid with nothing to vote on.
    """
    chosen = _axis(grid, axis)
    keys = {grid.key(cell) for cell in grid.board.cells}
    given = [*grid.opinions.votes, *Opinions(session().folder, judging.NAME).votes]
    votes = [v for v in given if v.axis == chosen and {v.left, v.right} <= keys]
    return Ranking.of(voted(votes, voters), Contest(grid.board, chosen, grid.key).items, chosen)


def _announce(line: str) -> None:
    announce(line)


def _axis(grid: Grid, axis: str | None) -> str:
    chosen = axis or axis_of(grid.board)
    if chosen is None:
        raise UsageError("this grid has no axis of several values: there is nothing to rank.")
    if chosen not in grid.board.axes:
        raise UnknownName("axis", chosen[:40], grid.board.axes, f"Axes: {', '.join(grid.board.axes)}.")
    return chosen


def effects(what: Run | Grid, *, reference: Result | Path | None = None) -> Comparison:
    """Compare the results of a grid, or of a run of a sweep, along each of its axes. Sends nothing.

    Means with their 95 % interval of cost, time, stars, and what can be counted: sharpness of pictures and, against a
    reference, SSIM and PSNR; loudness and duration of sound; words and tokens of text. What each axis decides, which
    failures there were, and whether what differs on an axis looks the same. None of it is quality.

    Parameters
    ----------
    what
        The grid or run. A run without axes is compared by model, prompt and seed.
    reference
        A picture, or a result that is one, to measure pictures against; made their size.

    Raises
    ------
    UsageError
        When nothing varies, or the reference is no picture.
    """
    path = reference.path if isinstance(reference, Result) else reference
    if reference is not None and path is None:
        raise UsageError("the reference has no file on this machine.")
    if not isinstance(what, Grid):
        return comparing.compare(what, reference=path)
    given = {cell.task.task_uuid: what.opinion(cell).stars or None for cell in what.board.cells}
    return comparing.compare(what.results, stars=lambda r: given.get(r.task.task_uuid), reference=path)


def judge(
    what: Run | Grid,
    question: str,
    *,
    model: str,
    axis: str | None = None,
    most: int = 100,
    max_cost: MaxCost = None,
    cache: str | None = None,
) -> Judging:
    """Have a model judge pairs of a grid, blind and both ways round. It is made when awaited, and billed.

    `await rw.judge(grid, "Which follows the prompt best?", model="openai:gpt@5-mini", max_cost=0.10)`. Shown before it
    is awaited, it is what it would cost. Its votes are kept apart from those of people: `ranks(grid, voters="judges")`.

    Parameters
    ----------
    what
        The grid, or a run of a sweep, of pictures or texts.
    question
        What a winner is.
    model
        A text model; for pictures one that sees them.
    axis
        What is compared, as in `ranks`.
    most
        Pairs at most; each is judged twice.
    max_cost, cache
        As in `run`.

    Raises
    ------
    UsageError
        When nothing can be judged. Nothing was sent.
    """
    grid = what if isinstance(what, Grid) else grid_of(what)
    contest = Contest(grid.board, _axis(grid, axis), grid.key)
    mode = _mode(cache)
    found = Judging(grid, question, model, contest, session(), most, _most(max_cost), mode, _announce)
    if not found.tasks:
        raise UsageError("there are no two results to judge that differ on this axis alone and do not look the same.")
    return found


async def account(days: int = 30) -> Reckoning:
    """Set what the ledger says of the last days against what the account says (`accountManagement`), and say why.

    Sends one request, which is free. Not every key may ask for it.

    Parameters
    ----------
    days
        1 to 30, today among them.

    Raises
    ------
    UsageError
        For another number of days.
    AuthenticationFailed
        When the key may not ask.
    """
    return await interruptible(session().reckon(days))


def grid_of(run: Run) -> Grid:
    """Return a run of a sweep as a grid: see `Run.grid`."""
    return Grid.of(run, session())


def _made_by(model: Any, catalog: Catalog) -> str:
    """Return the kind that a model makes; images, if nobody knows."""
    found = catalog.get(model) if isinstance(model, str) else None
    return kind_of(found) if found else "image"


async def load(path: str | Path) -> Run:
    """Return a run that was saved or exported: a ZIP of `save`, or a file that `export` wrote. Costs nothing.

    A ZIP brings its files along (see `Session.load`). Of what was exported, files are found by their names in this
    session's folder, in the folder of the export and in `runware_outputs` beside it.

    Raises
    ------
    UsageError
        When it is no such file, or a damaged one.
    """
    source = Path(path).expanduser()  # noqa: ASYNC240  (reads nothing)
    if source.suffix not in exporting.READ:
        return await interruptible(session().load(source))
    folders = [session().folder, source.parent, source.parent / OUTPUTS]
    return await asyncio.to_thread(exporting.read, source, folders)


def export(what: Run | Grid, path: str | Path) -> Path:
    """Write a run or a grid into a file that others read, and return where it is. `load` makes the run of it again.

    Parameters
    ----------
    what
        The run or grid.
    path
        `.csv`, where no cell is a formula; `.parquet`, which polars and DuckDB read, too; `.jsonl`, a request and its
        response a line; `.md`, to read; `.zip` with all files, as `Session.save`. What is there is overwritten, except
        a ZIP. None holds the key.

    Raises
    ------
    UsageError
        For another ending, or a place that cannot be written to.
    """
    target = Path(path).expanduser()
    run, table = (what.results, what.df) if isinstance(what, Grid) else (what, what.df)
    if target.suffix == ".zip":
        wait_for(session().save(run, target))
        return target
    if target.suffix not in exporting.READ - {".html"}:
        raise UsageError(f"{target.name[:60]!r} must end in {', '.join(sorted(exporting.READ - {'.html'}))} or .zip.")
    try:
        if target.suffix == ".parquet":
            exporting.recorded(run, table).to_parquet(target)
        else:
            target.write_text(_written(run, table, target), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror or error}.") from None
    return target


def report(what: Run | Grid, question: str, path: str | Path) -> Path:
    """Write one page an evaluator could hand in, and return where it is. It opens with no network and no kernel.

    The question, models, prompts, ranks by people and by judges, what differs along each axis, costs, samples, and
    every request and response: `load` makes the run of it again. Sends nothing.

    Parameters
    ----------
    what
        A grid or a run.
    question
        What was to be found out; the page's title.
    path
        Ends in `.html`; what is there is overwritten.

    Raises
    ------
    UsageError
        For another ending, or a place that cannot be written to.
    """
    target = Path(path).expanduser()
    if target.suffix != ".html":
        raise UsageError(f"a report is a page: {target.name[:60]!r} must end in .html.")
    here = session()
    shown = _as_grid(what)
    several = {"people": "people", "judges": "models"}
    rankings = []
    if isinstance(shown, Grid) and axis_of(shown.board):
        found = [(whose, ranks(shown, voters=voters)) for voters, whose in several.items()]  # type: ignore[arg-type]
        rankings = [(whose, ranking) for whose, ranking in found if ranking.votes]
    made = reports.page(shown, question, rankings, catalog=here.catalog, api=here.endpoint.name, name=target.name)
    return reports.write(made, target)


def _as_grid(what: Run | Grid) -> Run | Grid:
    """Return a run of a sweep as a grid; another as it is."""
    try:
        return what if isinstance(what, Grid) else grid_of(what)
    except UsageError:
        return what


def _written(run: Run, table: Any, target: Path) -> str:
    if target.suffix == ".csv":
        return exporting.csv(run, table)
    if target.suffix == ".jsonl":
        return exporting.jsonl(run)
    text: str = importlib.import_module("runware_nb.display.markdown").markdown(run, target.absolute().parent)
    return text


async def image(prompt: Any, **parameters: Any) -> Run:
    """Make images of a prompt.

    Parameters
    ----------
    prompt
        What to show. A list makes one task a prompt.
    **parameters
        `model` (AIR or slug; FLUX.1 dev if not given), `size` (`"1024x768"`, pixels), `seed`, `count` (1 to 20, each
        billed), `negative`, `steps`, `cfg`, and whatever else the model takes, in `snake_case`.

    Returns
    -------
    Run
        A sequence of results; `run[0].path` is the file, `run.df` the table, `run.cost` USD.
    """
    return await ask("image", prompt, **parameters)


async def video(prompt: Any, **parameters: Any) -> Run:
    """Make videos of a prompt. Besides what `image` takes: `duration` (seconds), `fps`, `first_frame`, `last_frame`."""
    return await ask("video", prompt, **parameters)


async def audio(prompt: Any, **parameters: Any) -> Run:
    """Make music, sound or, with a speech model, speech. `duration` is in seconds; `voice` names the speaker."""
    return await ask("audio", prompt, **parameters)


async def mesh(prompt: Any = None, **parameters: Any) -> Run:
    """Make a 3D mesh of a prompt, or of a picture given as `image`."""
    return await ask("3d", prompt, **parameters)


async def text(prompt: Any, **parameters: Any) -> Run:
    """Have a language model answer. `system`, `max_tokens` and `temperature` are understood."""
    return await ask("text", prompt, **parameters)
