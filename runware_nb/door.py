"""The Python door: the default session, and a verb for each thing to make.

Everything here is async; `runware_nb.blocking` has the same names for scripts and functions.
"""

from __future__ import annotations

import atexit
import importlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from runware_nb import keys, preferences, reprs
from runware_nb.api.client import TIMEOUT
from runware_nb.api.results import Result
from runware_nb.api.runs import Run
from runware_nb.api.tasks import Task
from runware_nb.catalog import Catalog, Models, asking, fetching
from runware_nb.catalog.community import Community
from runware_nb.catalog.finding import kind_of
from runware_nb.compare.contests import Contest, axis_named
from runware_nb.compare.sweeps import LARGEST, LARGEST_AGREED, Sweep, listed
from runware_nb.errors import MissingKey, UsageError
from runware_nb.grids import Grid
from runware_nb.judges import Judging
from runware_nb.keys import Secret
from runware_nb.loops import interruptible
from runware_nb.playgrounds import Playground
from runware_nb.progress import Watch
from runware_nb.rows import Rows
from runware_nb.sessions import MaxCost, Quote, Session
from runware_nb.settings import Endpoint, cache_mode, endpoint

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
        folder, mirror = preferences.outputs()
        _default.append(
            Session(
                _place(),
                folder=Path(folder),
                mirror=mirror,
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


def _announce(line: str) -> None:
    announce(line)


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
    contest = Contest(grid.board, axis_named(grid.board, axis), grid.key)
    mode = _mode(cache)
    found = Judging(grid, question, model, contest, session(), most, _most(max_cost), mode, _announce)
    if not found.tasks:
        raise UsageError("there are no two results to judge that differ on this axis alone and do not look the same.")
    return found


def grid_of(run: Run) -> Grid:
    """Return a run of a sweep as a grid: see `Run.grid`."""
    return Grid.of(run, session())


def _made_by(model: Any, catalog: Catalog) -> str:
    """Return the kind that a model makes; images, if nobody knows."""
    found = catalog.get(model) if isinstance(model, str) else None
    return kind_of(found) if found else "image"


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
