"""Sheets: a comparison grid at rest, saved, exported or printed. No kernel, no network; no script in notebooks.

The axes of its pivot lie down and across; a value of each other axis makes a page of its own, the first open. In an
exported page a script of ours (`js/src/pages/pivot.ts`), the only one that its policy lets run, lays it out by others.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from runware_nb import reprs
from runware_nb.compare.boards import Board, Cell, Line, Pivot
from runware_nb.compare.opinions import Opinion
from runware_nb.display import cards, figures, previews
from runware_nb.display.builds import built
from runware_nb.display.layouts import label
from runware_nb.display.links import data_uri, file_href
from runware_nb.display.markup import html
from runware_nb.display.thumbs import is_flagged, thumb
from runware_nb.errors import UsageError
from runware_nb.media import MEDIA

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST: Final = 1_000
"""Cells that a sheet shows; of a larger grid the first, and how many more there are."""
_FEW, _MANY = 40, 400
"""Cells up to which thumbnails are large, and middling."""
_EXCERPT: Final = 240
_GAP: Final = 6
_PAPER: Final = (255, 255, 255)
_INK: Final = (60, 60, 60)
_FEW_LETTERS: Final = 3


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A grid as it is now.

    Parameters
    ----------
    board
        Its cells.
    pivot
        How it is laid out.
    opinion
        Gives what is thought of a cell.
    name
        What it is called.
    sandbox
        Whether its money is play money.
    elapsed
        Seconds it ran.
    told
        A line about the whole.
    """

    board: Board
    pivot: Pivot
    opinion: Callable[[Cell], Opinion]
    name: str | None = None
    sandbox: bool = False
    elapsed: float = 0.0
    told: str = ""


@dataclass(frozen=True, slots=True)
class Spot:
    """One cell on a sheet: a picture or words, a line of facts, and where the file is."""

    state: str
    still: str | None
    medium: str
    text: str | None
    facts: str
    stars: str
    note: str
    error: str | None
    href: str | None
    title: str
    point: tuple[int, ...]
    usd: float | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Head:
    """A row's or column's value, what its cells cost together, and took on average."""

    label: str
    figures: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page: the values of the axes that are neither rows nor columns, and the table."""

    title: str
    columns: tuple[Head, ...]
    rows: tuple[tuple[Head, tuple[Spot, ...]], ...]


Href = Callable[[Path], str | None]


@reprs.mimebundle.register
def sheet_bundle(snapshot: Snapshot) -> reprs.type_of_bundle:
    """Draw a grid for a notebook: HTML, a contact sheet for paper, a line of text."""
    data: dict[str, Any] = {"text/html": sheet_html(snapshot), "text/plain": plain(snapshot)}
    if picture := contact_sheet(snapshot, edge=previews.LIVE_EDGE, most=_FEW):
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=80)
        data["image/jpeg"] = base64.b64encode(out.getvalue()).decode()
    return data, {}


def sheet_html(snapshot: Snapshot, href: Href = file_href, edge: int | None = None, *, is_pivoted: bool = False) -> str:
    """Draw a grid as HTML with inline styles.

    Parameters
    ----------
    snapshot
        The grid.
    href
        Where the file of a result is, as the page sees it.
    edge
        Pixels of a thumbnail's longer side; by the number of cells if not given.
    is_pivoted
        Whether it tells its axes and points, for the script of an exported page to lay it out by others.
    """
    count = min(LARGEST, len(snapshot.board))
    edge = edge or (
        previews.TILE_EDGE if count <= _FEW else previews.LIVE_EDGE if count <= _MANY else previews.SHEET_EDGE
    )
    leaves = tuple(_leaves(snapshot, href, edge))
    shown = sum(len(spots) for leaf in leaves for _, spots in leaf.rows)
    board = snapshot.board
    return html(
        "sheet",
        name=snapshot.name or "Grid",
        axes=" × ".join(f"{len(values)} {name}" for name, values in board.axes.items()),  # noqa: RUF001
        line=_line(snapshot),
        told=snapshot.told,
        badge=cards.BADGE if snapshot.sandbox else None,
        alike=_alike(board),
        leaves=leaves,
        more=len(board) - shown,
        size=min(220, edge),
        pivot=_told(snapshot) if is_pivoted else None,
    )


def page_html(snapshot: Snapshot, href: Href, records: str = "") -> str:
    """Return a whole HTML page of a grid, which opens with no network, and the lines its run is made of."""
    drawn = sheet_html(snapshot, href, previews.TILE_EDGE, is_pivoted=True)
    return whole_html(snapshot.name or "Grid", drawn, records, is_pivoted=True)


def whole_html(title: str, drawn: str, records: str = "", *, is_pivoted: bool = False) -> str:
    """Return a page around what templates have drawn. If `is_pivoted` one script runs, ours, known by its hash."""
    script = _script() if is_pivoted else ""
    return html(
        "page",
        title=title,
        body=Markup(drawn),  # noqa: S704  (made by a template, escaped there)
        records=records,
        script=Markup(script),  # noqa: S704  (our own)
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _script() -> str:
    """Return the script by which a page is laid out anew. Without a built front end, pages are as they were written."""
    try:
        return built("pivot.mjs").strip()
    except UsageError:
        return ""


def _told(snapshot: Snapshot) -> dict[str, str]:
    """Tell the script of a page its axes, and which of them are rows and columns."""
    axes, pivot = snapshot.board.axes, snapshot.board.settled(snapshot.pivot)
    places = {name: n for n, name in enumerate(axes)}
    start = {"rows": places.get(pivot.rows or "", -1), "cols": places.get(pivot.cols or "", -1)}
    told = [(name, [label(value) for value in values]) for name, values in axes.items()]
    return {"axes": json.dumps(told), "start": json.dumps(start)}


def plain(snapshot: Snapshot) -> str:
    """Return a line of what a grid is: the same in every run that makes the same."""
    board = snapshot.board
    shape = " × ".join(str(len(values)) for values in board.axes.values())  # noqa: RUF001
    prices = [cell.cost for cell in board.cells if cell.results]
    spent = figures.cost(sum(p for p in prices if p is not None) if None not in prices else None)
    failed = f", {board.count('failed')} failed" if board.count("failed") else ""
    box = ", sandbox" if snapshot.sandbox else ""
    return f"Grid({shape}, {board.count('done')} of {len(board)}, {spent}{failed}{box})"


def contact_sheet(snapshot: Snapshot, *, edge: int = previews.TILE_EDGE, most: int = LARGEST) -> Image | None:
    """Return the page on screen as one picture, at most `most` cells; None when it has no picture.

    Values of the axes stand over columns and rows. What the font of Pillow cannot write is told by its number.
    """
    from PIL import Image, ImageDraw, ImageFont

    board, pivot = snapshot.board, snapshot.pivot
    page = board.page(pivot)
    columns = max(1, len(page.cols))
    rows = page.rows[: max(1, most // columns)]
    found = [(r, c, cell, _picture(cell, edge)) for r, row in enumerate(rows) for c, cell in enumerate(row.cells)]
    if not any(picture for *_, picture in found):
        return None
    size = max(11, edge // 20)
    font, line = ImageFont.load_default(size), _GAP + size * 3 // 2
    step, above = edge + _GAP, line if pivot.cols else 0
    tall = step + (line if pivot.rows else 0)
    sheet = Image.new("RGB", (columns * step + _GAP, above + len(rows) * tall + _GAP), _PAPER)
    pen = ImageDraw.Draw(sheet)

    def write(x: int, y: int, width: int, words: str) -> None:
        while words and pen.textlength(words, font) > width:
            words = figures.shortened(words, len(words) * 9 // 10) if len(words) > _FEW_LETTERS else ""
        pen.text((x, y), words, _INK, font)

    for n, column in enumerate(page.cols if pivot.cols else ()):
        write(_GAP + n * step, _GAP, edge, _written(board, pivot.cols, column.index))
    for n, row in enumerate(rows if pivot.rows else ()):
        write(_GAP, above + n * tall + _GAP, sheet.width - 2 * _GAP, _written(board, pivot.rows, row.index))
    for r, c, cell, picture in found:
        x, y = _GAP + c * step, above + (r + 1) * tall - edge
        if picture is not None:
            sheet.paste(picture, (x + (edge - picture.width) // 2, y + (edge - picture.height) // 2))
        elif cell.result and cell.result.text and not is_flagged(cell.result):
            lines = textwrap.wrap(_western(cell.result.text), edge * 9 // (size * 5))
            for n, words in enumerate(lines[: edge // line]):
                write(x, y + n * line, edge, words)
    return sheet


def _written(board: Board, axis: str | None, index: int) -> str:
    """Return the value of an axis as the font can write it."""
    words = "" if axis is None else label(board.axes[axis][index])
    return words if words == _western(words) else f"{axis} {index + 1}"


def _western(words: str) -> str:
    """Return words in the letters that the font has, with ? for the others."""
    return words.encode("cp1252", "replace").decode("cp1252")


def _picture(cell: Cell, edge: int) -> Image | None:
    from PIL import Image

    small = thumb(cell.result, edge if edge in previews.EDGES else previews.TILE_EDGE) if cell.result else None
    if small is None:
        return None
    with Image.open(io.BytesIO(small.data), formats=["WEBP", "PNG", "JPEG"]) as opened:
        picture = opened.convert("RGBA")
    picture.thumbnail((edge, edge))
    flat = Image.new("RGB", picture.size, _PAPER)
    flat.paste(picture, mask=picture)
    return flat


def _leaves(snapshot: Snapshot, href: Href, edge: int) -> Iterator[Leaf]:
    board, pivot = snapshot.board, snapshot.board.settled(snapshot.pivot)
    rest = list(pivot.pages)
    left = LARGEST
    orders = [_shown_first(range(len(board.axes[name])), pivot.pages[name]) for name in rest]
    for indices in product(*orders):
        if left <= 0:
            return
        page = board.page(
            Pivot(pivot.rows, pivot.cols, dict(zip(rest, indices, strict=True)), pivot.filter, pivot.sort)
        )
        title = " · ".join(f"{n}: {label(board.axes[n][i])}" for n, i in zip(rest, indices, strict=True))
        rows = page.rows[: max(1, left // max(1, len(page.cols)))]
        left -= len(rows) * len(page.cols)
        yield Leaf(
            title,
            tuple(_head(snapshot, pivot.cols, line) for line in page.cols),
            tuple(
                (_head(snapshot, pivot.rows, line), tuple(_spot(snapshot, cell, href, edge) for cell in line.cells))
                for line in rows
            ),
        )


def _shown_first(indices: range, first: int) -> list[int]:
    """Put the value on screen before the others."""
    return [first, *(i for i in indices if i != first)]


def _head(snapshot: Snapshot, axis: str | None, line: Line) -> Head:
    cost, took = line.cost, line.mean(lambda cell: cell.seconds)
    told = [f"Σ\u00a0{figures.money(cost)}"] if cost is not None else []
    told += [f"⌀\u00a0{figures.seconds(took)}"] if took is not None else []
    return Head("" if axis is None else label(snapshot.board.axes[axis][line.index]), " · ".join(told))


def _spot(snapshot: Snapshot, cell: Cell, href: Href, edge: int) -> Spot:
    result, thought = cell.result, snapshot.opinion(cell)
    small = thumb(result, edge) if result else None
    still = data_uri(small.data, small.mime) if small else _drawing(cell)
    text = figures.shortened(result.text, _EXCERPT) if result and result.text else None
    if result and is_flagged(result):
        text = "flagged as not safe for work: not shown"
    facts = [figures.cost(cell.cost)] if result else []
    facts += [figures.seconds(cell.seconds)] if cell.seconds is not None and result and not result.cached else []
    facts += [f"seed {result.seed}"] if result and result.seed is not None and "seed" not in snapshot.board.axes else []
    facts += ["cached"] if result and result.cached else []
    link = href(result.path) if result and result.path and result.medium != "vector" and result.path.is_file() else None
    note = " · ".join([*([thought.note] if thought.note else []), *(f"#{tag}" for tag in thought.tags)])
    where = " · ".join(label(value) for value in snapshot.board.place(cell).values())
    error = figures.shortened(str(cell.error), 200) if cell.error and not result else None
    medium = result.medium if result else ""
    return Spot(
        cell.state, still, medium, text, " · ".join(facts), "★" * thought.stars, note, error, link,
        figures.shortened(where, 300), cell.point, cell.cost, cell.seconds,
    )  # fmt: skip


def _drawing(cell: Cell) -> str | None:
    """Return a small drawing itself: shown as a picture, an SVG runs no script."""
    path = cell.result.path if cell.result and cell.result.medium == "vector" else None
    if path is None or path.suffix != ".svg" or not path.is_file() or path.stat().st_size > MEDIA["vector"].embed_limit:
        return None
    return data_uri(path.read_bytes(), "image/svg+xml")


def _line(snapshot: Snapshot) -> str:
    board = snapshot.board
    told = [f"{board.count('done')} of {len(board)}"]
    told += [f"{board.count('failed')} failed"] if board.count("failed") else []
    cached = sum(all(r.cached for r in cell.results) for cell in board.cells if cell.results)
    told.append(f"{'play ' * snapshot.sandbox}{figures.money(board.spent)}")
    told += [f"{cached} cached"] if cached else []
    told += [figures.seconds(snapshot.elapsed)] if snapshot.elapsed else []
    return " · ".join(told)


def _alike(board: Board) -> str:
    """Tell what all cells have in common, of model and prompt."""
    models = {cell.task.model for cell in board.cells}
    prompts = {cell.task.prompt for cell in board.cells}
    told = [next(iter(models)) or ""] if len(models) == 1 else []
    told += [figures.shortened(next(iter(prompts)) or "", 160)] if len(prompts) == 1 else []
    return " · ".join(part for part in told if part)
