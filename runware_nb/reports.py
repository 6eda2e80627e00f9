"""Reports: one page an evaluator could hand in, which opens with no network and no kernel.

It says what was asked, of which models, with which prompts, what it cost, what differs, who won and by whose votes,
shows samples, and holds every request and response, of which `runware_nb.load` makes the run again.
"""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from markupsafe import Markup

from runware_nb import __version__
from runware_nb.api.runs import Run
from runware_nb.catalog import Catalog
from runware_nb.compare import comparing, costs
from runware_nb.compare.contests import item
from runware_nb.compare.exporting import jsonl
from runware_nb.compare.rankings import Ranking
from runware_nb.display.figures import shortened
from runware_nb.display.markup import html
from runware_nb.display.sheets import sheet_html, whole_html
from runware_nb.display.tables import Table
from runware_nb.errors import UsageError
from runware_nb.grids import Grid
from runware_nb.reprs import mimebundle

_VALUES: Final = 100
_AGAIN: Final = """\
import runware_nb as rw

run = await rw.load({name!r})  # every request and response of this page
tasks = [{{k: v for k, v in task.to_wire().items() if k != "taskUUID"}} for task in run.tasks]
again = await rw.run(tasks, cache="fresh", max_cost=1.00)"""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: its heading, and what is drawn below it."""

    title: str
    body: Markup


def page(
    what: Run | Grid, question: str, rankings: list[tuple[str, Ranking]], *, catalog: Catalog, api: str, name: str
) -> str:
    """Return the page.

    Parameters
    ----------
    what
        The grid, or a run.
    question
        What was to be found out: its title.
    rankings
        Whose votes, and what they come to.
    catalog
        Tells the names of models.
    api
        What the ledger calls the API.
    name
        Of the file.
    """
    run = what.results if isinstance(what, Grid) else what
    facts = {
        "asked": f"{run.asked} results of {len(run.tasks)} tasks; {len(run.results)} came, {len(run.problems)} failed",
        "when": _when(run),
        "by": f"runware_nb {__version__}, Python {platform.python_version()}, at {api}",
    }
    if run.sandbox:
        facts["sandbox"] = "made by the built-in sandbox: samples, not the models' work; its prices are play money"
    body = html(
        "report",
        question=question,
        facts=Table(tuple(facts.items())),
        sections=list(_sections(what, run, rankings, catalog)),
        again=_AGAIN.format(name=name),
        records=jsonl(run),
    )
    return whole_html(shortened(question, 120), body, is_pivoted=isinstance(what, Grid))


def _sections(what: Run | Grid, run: Run, rankings: list[tuple[str, Ranking]], catalog: Catalog) -> Iterator[Section]:
    yield Section("What was compared", _table(_axes(run, catalog)))
    prompts = list(dict.fromkeys(t.prompt for t in run.tasks if t.prompt))
    yield Section("Prompts", _table([(str(n), prompt) for n, prompt in enumerate(prompts[:_VALUES], 1)]))
    for whose, ranking in rankings:
        yield Section(f"Ranks, by votes of {whose}", _drawn(ranking))
    with contextlib.suppress(UsageError):  # all tasks are the same
        yield Section("What differs", _drawn(_compared(what, run)))
    yield Section("Costs", _drawn(costs.costs(costs.of_frame(run.df))))
    yield Section("Samples", _samples(what))


def _compared(what: Run | Grid, run: Run) -> comparing.Comparison:
    if not isinstance(what, Grid):
        return comparing.compare(run)
    given = {cell.task.task_uuid: what.opinion(cell).stars or None for cell in what.board.cells}
    return comparing.compare(run, stars=lambda result: given.get(result.task.task_uuid))


def _samples(what: Run | Grid) -> Markup:
    if isinstance(what, Grid):
        return Markup(sheet_html(what.snapshot(), lambda _: None, is_pivoted=True))  # noqa: S704  (made by the template)
    return _drawn(what)


def _axes(run: Run, catalog: Catalog) -> list[tuple[str, str]]:
    models = dict.fromkeys(t.model for t in run.tasks if t.model)
    told = [("models", ", ".join(_named(air, catalog) for air in models))]
    axes: dict[str, dict[str, None]] = {}
    for point in run.axes.values():
        for name, value in point.items():
            axes.setdefault(name, {})[shortened(item(value), 120)] = None
    told += [(name, " · ".join(list(several)[:_VALUES])) for name, several in axes.items() if name != "model"]
    return told


def _named(air: str, catalog: Catalog) -> str:
    model = catalog.get(air)
    return f"{air} ({model.slug})" if model and model.slug else air


def _when(run: Run) -> str:
    moments = [m.astimezone(UTC).strftime("%Y-%m-%d %H:%M") for m in (run.started, run.finished) if m]
    return f"{' to '.join(dict.fromkeys(moments)) or 'unknown'} UTC; written {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


def _table(rows: list[tuple[str, str]]) -> Markup:
    return Markup(html("totals", table=Table(tuple(rows))))  # noqa: S704  (made by the template)


def _drawn(what: Any) -> Markup:
    return Markup(mimebundle(what)[0]["text/html"])  # noqa: S704  (made by templates)
