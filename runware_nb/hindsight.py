"""The Python door, looking back: what was made, what it cost, what a grid teaches, and files and pages of it.

Nothing here is billed, and nothing but `account` sends anything.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from runware_nb import door, reports
from runware_nb.api.results import Result
from runware_nb.api.runs import Run
from runware_nb.compare import comparing, exporting, judging
from runware_nb.compare.comparing import Comparison
from runware_nb.compare.contests import Contest, axis_named, axis_of
from runware_nb.compare.costs import Costs, Reckoning
from runware_nb.compare.history import History
from runware_nb.compare.opinions import Opinions
from runware_nb.compare.rankings import Ranking, Voters, voted
from runware_nb.display import exports
from runware_nb.errors import UsageError
from runware_nb.grids import Grid
from runware_nb.loops import interruptible, wait_for
from runware_nb.settings import BESIDE, OUTPUTS


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
        `.rate(tags=[...])` tags it; `.browse()` opens it as a page to search, select and compare in.

    Raises
    ------
    UnknownName, UsageError
        For a condition, kind or status that is not there, or a day that is none.
    """
    return door.session().past(words=words, **conditions)


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
    here = door.session()
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
    chosen = axis_named(grid.board, axis)
    keys = {grid.key(cell) for cell in grid.board.cells}
    given = [*grid.opinions.votes, *Opinions(door.session().folder, judging.NAME).votes]
    votes = [v for v in given if v.axis == chosen and {v.left, v.right} <= keys]
    return Ranking.of(voted(votes, voters), Contest(grid.board, chosen, grid.key).items, chosen)


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


async def account(days: int = 30) -> Reckoning:
    """Set what the ledger says of the last days against what the account says (`accountManagement`), and say why.

    Sends one request, which is free; none where `RUNWARE_CACHE` is `only`. Not every key may ask for it.

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
    return await interruptible(door.session().reckon(days))


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
        return await interruptible(door.session().load(source))
    folders = [door.session().folder, source.parent, source.parent / OUTPUTS, source.parent / BESIDE]
    return await asyncio.to_thread(exporting.read, source, folders)


def export(what: Run | Grid, path: str | Path) -> Path:
    """Write a run or a grid into a file that others read, and return where it is. `load` makes the run of it again.

    Parameters
    ----------
    what
        The run or grid.
    path
        `.html`, a page that opens with no network, where any two axes of a grid or sweep are rows and columns; `.csv`,
        where no cell is a formula; `.parquet`, which polars and DuckDB read, too; `.jsonl`, a request and its response
        a line; `.md`, to read; `.zip` with all files, as `Session.save`. What is there is overwritten, except a ZIP.
        None holds the key.

    Raises
    ------
    UsageError
        For another ending, or a place that cannot be written to.
    """
    target = Path(path).expanduser()
    if target.suffix == ".html":
        return _page(what, target)
    run, table = (what.results, what.df) if isinstance(what, Grid) else (what, what.df)
    if target.suffix == ".zip":
        wait_for(door.session().save(run, target))
        return target
    if target.suffix not in exporting.READ:
        raise UsageError(f"{target.name[:60]!r} must end in {', '.join(sorted(exporting.READ))} or .zip.")
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
    here = door.session()
    shown = _as_grid(what)
    several = {"people": "people", "judges": "models"}
    rankings = []
    if isinstance(shown, Grid) and axis_of(shown.board):
        found = [(whose, ranks(shown, voters=voters)) for voters, whose in several.items()]  # type: ignore[arg-type]
        rankings = [(whose, ranking) for whose, ranking in found if ranking.votes]
    made = reports.page(shown, question, rankings, catalog=here.catalog, api=here.endpoint.name, name=target.name)
    return exports.write(made, target)


def _as_grid(what: Run | Grid) -> Run | Grid:
    """Return a run of a sweep as a grid; another as it is."""
    try:
        return what if isinstance(what, Grid) else door.grid_of(what)
    except UsageError:
        return what


def _page(what: Run | Grid, target: Path) -> Path:
    shown = _as_grid(what)
    if isinstance(shown, Grid):
        return shown.to_html(target)
    return exports.card_html(shown, target, exporting.jsonl(shown))


def _written(run: Run, table: Any, target: Path) -> str:
    if target.suffix == ".csv":
        return exporting.csv(run, table)
    if target.suffix == ".jsonl":
        return exporting.jsonl(run)
    text: str = importlib.import_module("runware_nb.display.markdown").markdown(run, target.absolute().parent)
    return text
