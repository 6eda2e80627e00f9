"""Workbench: a grid on the page. It tells the widget what is on screen, and the grid what the user does.

Where nobody sits at the front end, and once it is frozen, a grid is a static sheet. All of this happens on the
background loop, like the grid's own work, so that a busy cell holds up nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, ClassVar, Final

from runware_nb import desks, reprs
from runware_nb.compare.boards import Cell, Line, Page, Pivot
from runware_nb.compare.contests import Contest, axis_of
from runware_nb.desks import Desk, Does, Message
from runware_nb.display import figures, previews
from runware_nb.display.fronts import can_ask
from runware_nb.display.layouts import label
from runware_nb.display.thumbs import Thumb, thumb
from runware_nb.errors import RunwareError
from runware_nb.grids import Change, Grid
from runware_nb.loops import background
from runware_nb.widgets.grid import GridView
from runware_nb.widgets.sources import blind, source

INTERVAL: Final = 0.25
"""Seconds between two updates of the page."""
_SLOW: Final = 2.0
"""Seconds between two updates of the heads, which are the whole page's."""
_RATE: Final = 180_000
"""Bytes of pictures in one update: a Jupyter server drops what exceeds a megabyte a second."""
_LARGE: Final = 192
"""Pixels of a cell above which its picture is made larger."""
_MOST: Final = 500
"""Cells that a page may look at: a screen has a hundred."""
_PIVOTS: Final = frozenset({"rows", "cols", "pages", "filter", "sort", "size"})


class Bench(Desk):
    """One grid, shown in one output.

    Parameters
    ----------
    grid
        The grid.
    stays
        Whether it stays live when the grid is done; else it becomes static then, unless the user has touched it.
    """

    def __init__(self, grid: Grid, *, stays: bool) -> None:
        super().__init__()
        self._grid = grid
        self._stays = stays
        self._pivot = grid.board.start()
        self._looked: list[int] = []
        self._whole = True
        self._pictures: deque[int] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._heads_at = float("-inf")
        self._telling: asyncio.Task[None] | None = None
        self._counted: tuple[tuple[int, int], dict[str, Any]] | None = None
        self._view = GridView(self._asked, self._file, self._fallback, **self._traits())
        self._unwatch = grid.watch(self._changed)

    def show(self) -> None:
        """Put it on the page, with what it would cost."""
        super().show()
        if self._grid.quote is None and self._grid.state == "idle":
            self._grid.peek()

    def _at_rest(self) -> reprs.type_of_bundle:
        return reprs.mimebundle(self._grid.snapshot(self._pivot))

    def _leave(self) -> None:
        self._unwatch()
        background().call_soon_threadsafe(self._rest)

    def _rest(self) -> None:
        """Let go of the update that waits."""
        if self._timer:
            self._timer.cancel()

    # What the user does.

    def _heard(self, message: Message) -> None:
        if message["kind"] != "look":
            self._stays = True  # whoever touches it wants to go on
            super()._heard(message)

    def _fail(self, message: Message, error: RunwareError) -> None:  # noqa: ARG002
        self._grid.told = str(error)
        self._changed(Change(whole=True))

    def _pivoted(self, content: Message) -> None:
        given = {k: v for k, v in content["pivot"].items() if k in _PIVOTS}
        self._pivot = self._grid.board.settled(replace(self._pivot, **given))
        self._pictures.clear()
        self._heads_at = float("-inf")
        self._changed(Change(whole=True))

    def _looks(self, content: Message) -> None:
        """Take what is on screen. What the page lacks goes first; the rest is told of when it changes."""
        self._looked = self._known(content["ids"])
        self._pictures = deque(self._known(content["lack"]))
        self._again(0.0)

    def _known(self, ids: Sequence[Any]) -> list[int]:
        return [i for i in ids if isinstance(i, int) and 0 <= i < len(self._grid.board)][:_MOST]

    def _rates(self, content: Message) -> None:
        self._grid.rate(content["id"], stars=content.get("stars"), note=content.get("text"), tags=content.get("tags"))

    def _retries(self, content: Message) -> None:
        self._grid.retry(content.get("ids"))

    def _pairs(self, _: Message | None = None) -> None:
        contest = self._contest()
        pair = contest.next(self._grid.opinions.votes) if contest else None
        told = None
        if pair is not None:
            left, right = pair
            sources = [blind(source(c.result, f"{c.id}")) for c in pair if c.result]
            told = {"left": left.id, "right": right.id, "sources": sources, "prompt": left.task.prompt or ""}
        self._view.send({"kind": "pair", "pair": told})
        self._view.votes = self._votes()

    def _votes_for(self, content: Message) -> None:
        self._grid.vote(content["left"], content["right"], content["winner"], ms=int(content.get("ms", 0)))
        self._pairs()

    def _undoes(self, _: Message) -> None:
        self._grid.opinions.undo()
        self._pairs()

    _DOES: ClassVar[Mapping[str, Does]] = {
        "pivot": _pivoted,
        "look": _looks,
        "run": lambda self, _: self._grid.resume(),
        "go": lambda self, _: self._grid.resume(),
        "pause": lambda self, _: self._grid.pause(),
        "stop": lambda self, _: self._grid.stop(),
        "retry": _retries,
        "rate": _rates,
        "note": _rates,
        "tags": _rates,
        "pair": _pairs,
        "vote": _votes_for,
        "undo": _undoes,
        "freeze": lambda self, _: self.freeze(),
    }

    # What the page is told.

    def _changed(self, change: Change) -> None:
        """Note what changed, to be told with the next update."""
        waiting = set(self._pictures)
        self._pictures.extend(i for i in self._looked if i in change.cells and i not in waiting)
        self._whole = self._whole or change.whole
        self._again(INTERVAL)

    def _again(self, delay: float) -> None:
        if self._is_frozen:
            return
        loop = background()
        if self._timer and self._timer.when() <= loop.time() + delay:
            return
        if self._timer:
            self._timer.cancel()
        self._timer = loop.call_later(delay, self._update)

    def _update(self) -> None:
        """Bring the page up to date, and come back if it runs or pictures are left."""
        self._timer = None
        grid, view = self._grid, self._view
        now = background().time()
        whole, self._whole = self._whole, False
        with contextlib.suppress(Exception), view.hold_sync():  # a page that is gone must not stop the grid
            if whole or now - self._heads_at > _SLOW:
                self._heads_at = now
                view.set_trait("axes", _axes(grid))
                view.set_trait("pivot", _wire(self._pivot))
                page = grid.board.page(self._pivot)
                view.set_trait("page", _page(grid, self._pivot, page))
                view.set_trait("ids", b"".join(i.to_bytes(4, "little") for i in page.ids))
                view.set_trait("votes", self._votes())
            view.set_trait("states", _letters(grid))
            view.set_trait("progress", _progress(grid))
        if grid.state == "done" and not self._stays:
            self.freeze()
        elif self._pictures and self._telling is None:
            self._telling = asyncio.ensure_future(self._tell_cells())
            self._telling.add_done_callback(self._told_cells)
        elif grid.state == "running":
            self._again(INTERVAL)

    async def _tell_cells(self) -> None:
        """Tell of cells on screen, with as many of their pictures as may go at once. They are made in a thread."""
        edge = previews.TILE_EDGE if self._pivot.size > _LARGE else previews.LIVE_EDGE
        cells: list[dict[str, Any]] = []
        pictures: list[bytes] = []
        while self._pictures and sum(map(len, pictures)) < _RATE:
            cell = self._grid.board.cells[self._pictures.popleft()]
            small = await asyncio.to_thread(thumb, cell.result, edge) if cell.result else None
            cells.append(await asyncio.to_thread(_told, self._grid, cell, small, len(pictures)))
            pictures += [small.data] if small else []
        if cells and not self._is_frozen:
            self._view.tell(cells, pictures)

    def _told_cells(self, telling: asyncio.Task[None]) -> None:
        self._telling = None
        if not telling.cancelled() and telling.exception() is None:
            self._again(INTERVAL)

    def _traits(self) -> dict[str, Any]:
        grid, page = self._grid, self._grid.board.page(self._pivot)
        return {
            "title": grid.name or "",
            "axes": _axes(grid),
            "pivot": _wire(self._pivot),
            "page": _page(grid, self._pivot, page),
            "ids": b"".join(i.to_bytes(4, "little") for i in page.ids),
            "states": _letters(grid),
            "progress": _progress(grid),
            "votes": {"done": 0, "of": 0, "told": ""},
        }

    def _contest(self) -> Contest | None:
        axis = axis_of(self._grid.board)
        return Contest(self._grid.board, axis, self._grid.key) if axis else None

    def _votes(self) -> dict[str, Any]:
        """Count pairs. Of 10,000 cells that takes a third of a second, so it is done again only if something came."""
        now = self._grid.board.count("done"), len(self._grid.opinions.votes)
        if self._counted is None or self._counted[0] != now:
            self._counted = now, self._count_votes()
        return self._counted[1]

    def _count_votes(self) -> dict[str, Any]:
        contest = self._contest()
        if contest is None:
            return {"done": 0, "of": 0, "told": "an axis with two values is needed to compare anything"}
        open_pairs = len(contest.open(self._grid.opinions.votes))
        every = sum(1 for _ in contest.pairs())
        told = "" if every else "two results that differ on one axis are needed"
        return {"done": every - open_pairs, "of": every, "told": told}

    def _file(self, key: str) -> Path | None:
        cells = self._grid.board.cells
        cell = cells[int(key)] if key.isdecimal() and int(key) < len(cells) else None
        return cell.result.path if cell and cell.result else None

    def _fallback(self) -> str:
        return str(reprs.mimebundle(self._grid.snapshot(self._pivot))[0]["text/html"])


def show(grid: Grid) -> None:
    """Show a grid: live where a person is, and static elsewhere."""
    from IPython.display import display

    if not can_ask():
        data, metadata = reprs.mimebundle(grid.snapshot())
        display(data, raw=True, metadata=metadata)  # type: ignore[no-untyped-call]
        return
    desks.put(Bench(grid, stays=grid.state == "done"), grid)


def _axes(grid: Grid) -> list[dict[str, Any]]:
    return [{"name": name, "labels": [label(v) for v in values]} for name, values in grid.board.axes.items()]


def _wire(pivot: Pivot) -> dict[str, Any]:
    return {**asdict(pivot), "pages": dict(pivot.pages)}


def _page(grid: Grid, pivot: Pivot, page: Page) -> dict[str, Any]:
    return {
        "rows": [_head(grid, pivot.rows, line) for line in page.rows],
        "cols": [_head(grid, pivot.cols, line) for line in page.cols],
        "more": page.hidden,
    }


def _head(grid: Grid, axis: str | None, line: Line) -> dict[str, Any]:
    cost, took = line.cost, line.mean(lambda cell: cell.seconds)
    stars = line.mean(lambda cell: grid.opinion(cell).stars or None)
    return {
        "label": "" if axis is None else label(grid.board.axes[axis][line.index]),
        "cost": "" if cost is None else f"Σ\u00a0{figures.money(cost)}",
        "time": "" if took is None else f"⌀\u00a0{figures.seconds(took)}",
        "stars": "" if stars is None else f"{stars:.1f}",
        "failed": sum(cell.state == "failed" for cell in line.cells),
    }


def _letters(grid: Grid) -> str:
    return "".join(cell.state[0] for cell in grid.board.cells)


def _progress(grid: Grid) -> dict[str, Any]:
    board, quote = grid.board, grid.quote
    counts = {state: board.count(state) for state in ("done", "failed", "running", "queued", "idle")}
    bounds = quote.bounds if quote else (0.0, 0.0)
    estimate = quote and {
        "low": bounds[0], "likely": quote.usd, "high": bounds[1], "unpriced": quote.unpriced, "make": quote.make,
    }  # fmt: skip
    return {
        **counts,
        "all": len(board),
        "cached": sum(all(r.cached for r in cell.results) for cell in board.cells if cell.results),
        "state": grid.state,
        "spent": board.spent,
        "cap": grid.max_cost if isinstance(grid.max_cost, int | float) else None,
        "estimate": estimate,
        "elapsed": grid.elapsed,
        "left": grid.left,
        "sandbox": grid.sandbox,
        "told": grid.told,
    }


def _told(grid: Grid, cell: Cell, small: Thumb | None, number: int) -> dict[str, Any]:
    """Tell of a cell as `Cell` in `js/src/grid/protocol.ts` has it."""
    result, thought = cell.result, grid.opinion(cell)
    twin = grid.board.twin(cell) if result else None
    return {
        "id": cell.id,
        "state": cell.state[0],
        "point": [[name, label(value)] for name, value in grid.board.place(cell).items()],
        "source": source(result, f"{cell.id}") if result else None,
        "cost": figures.cost(cell.cost) if result else "" if cell.likely is None else f"≈ {figures.money(cell.likely)}",
        "time": "" if cell.seconds is None or (result and result.cached) else figures.seconds(cell.seconds),
        "seed": "" if result is None or result.seed is None or "seed" in grid.board.axes else str(result.seed),
        "cached": bool(result and result.cached),
        "percent": -1 if cell.percent is None else cell.percent,
        "error": str(cell.error) if cell.error else "",
        "stars": thought.stars,
        "note": thought.note,
        "tags": list(thought.tags),
        "twin": -1 if twin is None else twin.id,
        "thumb": number if small else -1,
        "mime": small.mime if small else "",
    }
