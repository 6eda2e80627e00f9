"""Bundles: a result or a run in every form a front end may take.

`text/html` for notebooks, `image/jpeg` or `image/png` for paper, `text/plain` for terminals and for comparing, and
facts as JSON. The plain text is stable: it holds no time, no random UUID and no path, and the price even
when the result came from the cache.
"""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from typing import Any, Final

from runware_nb import preferences, reprs
from runware_nb.api.results import Result
from runware_nb.api.runs import Run
from runware_nb.display import cards, figures, flows, layouts, previews
from runware_nb.display.markup import html
from runware_nb.display.players import Budget

FACTS: Final = "application/vnd.runware.result+json"
_SHEET_COLUMNS, _SHEET_CELL = 3, 128


@reprs.mimebundle.register
def result_bundle(result: Result) -> reprs.type_of_bundle:
    """Draw one result."""
    card = cards.card(result)
    data: dict[str, Any] = {
        "text/html": html("card", card=card),
        "text/plain": plain_result(result),
        FACTS: _facts(result),
    }
    if card.player.page and not card.flagged:
        mime, picture = card.player.page
        data[mime] = _text(picture)
    return data, {}


@reprs.mimebundle.register
def run_bundle(run: Run) -> reprs.type_of_bundle:
    """Draw a run: its one card, or a header and a tile for each result, failure and unfinished task."""
    if len(run.results) == 1 and not run.problems and not run.unfinished:
        data, metadata = result_bundle(run.results[0])
        text = data["text/plain"] if run.results[0].medium == "text" else plain_run(run)
        return {**data, "text/plain": text}, metadata
    alike = cards.common(run)
    budget = Budget()
    tasks = {t.task_uuid: t for t in run.tasks}
    table = layouts.layout(run, budget)
    told = frozenset({*alike, "task"} if len(run.tasks) == 1 else alike)
    tiles = [] if table else [_tile(run, r, budget, told) for r in run.results[: preferences.value("gallery_limit")]]
    page = html(
        "run",
        run=run,
        layout=table,
        flow=flows.flow(run),
        kind=run.kinds,
        alike=alike,
        total=cards.total(run),
        elapsed=figures.seconds(run.elapsed) if run.elapsed is not None and run.finished else None,
        badge=cards.BADGE if run.sandbox else None,
        tiles=tiles,
        asked=cards.asked(run.tasks[0]) if tiles and "task" in told else [],
        more=0 if table else len(run.results) - len(tiles),
        failures=[
            cards.failure(e, None if "prompt" in alike else tasks.get(u))
            for u, e in ([] if table else run.problems[: preferences.value("gallery_limit")])
        ],
        more_failures=0 if table else max(0, len(run.problems) - preferences.value("gallery_limit")),
        unfinished=[
            (t.task_uuid, figures.shortened(t.prompt or "", 90))
            for t in run.unfinished[: preferences.value("gallery_limit")]
        ],
    )
    data = {"text/html": page, "text/plain": plain_run(run), FACTS: _run_facts(run)}
    shown = [card for _, places in table.rows for place in places for card in place.cards] if table else tiles
    across = len(table.columns) if table else _SHEET_COLUMNS
    data.update(_sheet([t.player.page[1] for t in shown if t.player.page and not t.flagged], across))
    return data, {}


def _tile(run: Run, result: Result, budget: Budget, told: frozenset[str]) -> cards.Card:
    """Draw one of several results, under its place on the axes of the run if it has one."""
    tile = cards.card(result, budget=budget, edge=previews.TILE_EDGE, is_tile=True, alike=told)
    place = layouts.place(run, result.task.task_uuid)
    return replace(tile, title=place) if place else tile


def plain_result(result: Result) -> str:
    """Return one line of what a result is; a text is its own."""
    if not result.assets and result.text is not None:
        return figures.printable(result.text)
    parts = [
        result.medium,
        result.model,
        None if result.seed is None else f"seed {result.seed}",
        figures.cost(result.price),
    ]
    return _line("Result", [*parts, "sandbox" if result.sandbox else None])


def plain_run(run: Run) -> str:
    """Return one line of what became of a run."""
    failed = f"{len(run.problems)} failed" if run.problems else None
    waiting = f"{len(run.unfinished)} unfinished" if run.unfinished else None
    costs = [r.price for r in run.results]
    known = [c for c in costs if c is not None]
    spent = figures.cost(sum(known) if len(known) == len(costs) else None)
    count = f"{len(run.results)} of {run.asked}"
    return _line("Run", [run.kinds, count, spent, failed, waiting, "sandbox" if run.sandbox else None])


def _line(name: str, parts: list[str | None]) -> str:
    return f"{name}({figures.shortened(figures.printable(', '.join(p for p in parts if p)), 300)})"


def _facts(result: Result) -> dict[str, Any]:
    return {
        "version": 1,
        "kind": result.task.kind,
        "medium": result.medium,
        "model": figures.encodable(result.model) if result.model else None,
        "tasks": [result.task.task_uuid],
        "results": 1,
        "costUSD": result.cost,
        "cached": result.cached,
        "sandbox": result.sandbox,
    }


def _run_facts(run: Run) -> dict[str, Any]:
    costs = [r.cost for r in run.results]
    return {
        "version": 1,
        "kind": run.kinds,
        "medium": run.results[0].medium if run.results else None,
        "model": figures.encodable(cards.common(run).get("model", "")) or None,
        "tasks": [t.task_uuid for t in run.tasks],
        "results": len(run.results),
        "costUSD": None if any(c is None for c in costs) else sum(c for c in costs if c is not None),
        "cached": sum(r.cached for r in run.results),
        "sandbox": run.sandbox,
    }


def _sheet(pictures: list[bytes], columns: int) -> dict[str, str]:
    """Lay small pictures out on one, some a row, for paper. On white, as paper is."""
    if not pictures:
        return {}
    from PIL import Image

    cell = _SHEET_CELL
    columns = min(len(pictures), columns)
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (cell * columns, cell * rows), "white")
    for n, data in enumerate(pictures):
        image = Image.open(io.BytesIO(data)).convert("RGBA")
        image.thumbnail((cell - 6, cell - 6))
        x = n % columns * cell + (cell - image.width) // 2
        sheet.paste(image, (x, n // columns * cell + (cell - image.height) // 2), image)
    out = io.BytesIO()
    sheet.save(out, "JPEG", quality=82)
    return {"image/jpeg": _text(out.getvalue())}


def _text(picture: bytes) -> str:
    """Write a picture as notebooks store it: base64 text."""
    return base64.b64encode(picture).decode()
