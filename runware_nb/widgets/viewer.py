"""The viewer: a result to look into, several to choose from, or two to compare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import traitlets as t

from runware_nb.api.results import Asset, Result
from runware_nb.display.cards import card
from runware_nb.display.markup import html
from runware_nb.display.players import Budget
from runware_nb.display.thumbs import is_flagged
from runware_nb.errors import UsageError
from runware_nb.widgets.base import Widget
from runware_nb.widgets.serving import Serving
from runware_nb.widgets.sources import source

_TWO = 2
_NOTHING = "there is no file or text to view; result.assets says what went wrong."


class Viewer(Widget):
    """Shows files and texts of results, to zoom into, to play, to turn, and to compare.

    Drawn by `js/src/widgets/viewer.tsx`, which has the same traits.

    Parameters
    ----------
    results
        What to show: every file they have on this machine, and their texts.
    compare
        Whether to compare two results, by the first file of each.

    Raises
    ------
    UsageError
        When there is nothing to show, or not two to compare.
    """

    sources = t.List(t.Dict(), help="what is shown, each as `widgets/sources.py` tells of it").tag(sync=True)
    mode = t.Enum(["single", "compare"], "single", help="one of the sources at a time, or two").tag(sync=True)

    def __init__(self, results: Sequence[Result], *, compare: bool = False) -> None:
        if compare and len(results) != _TWO:
            raise UsageError(f"comparing takes two results, and these are {len(results)}.")
        sources, self._files = sources_of(results, most=1 if compare else None)
        if compare and len(sources) != _TWO:
            raise UsageError(_NOTHING)
        self._results = tuple(results)
        super().__init__(sources=sources, mode="compare" if compare else "single")
        self._serving = Serving(self, self._files.get)

    def __repr__(self) -> str:
        return f"<Viewer of {', '.join(str(s['medium']) for s in self.sources)}>"

    def fallback(self) -> str:
        """HTML of the results as cards, with their posters. A mesh has the one that was drawn last in the page."""
        budget = Budget()
        return "\n".join(html("card", card=self._card(r, budget)) for r in self._results)

    def _card(self, result: Result, budget: Budget) -> Any:
        plain = card(result, budget=budget)
        key = next((k for k, path in self._files.items() if path == result.path), None)
        poster = self._serving.posters.get(key) if key else None
        if poster is None or is_flagged(result):
            return plain
        return replace(plain, player=replace(plain.player, src=poster))


def sources_of(
    results: Sequence[Result], beginning: str = "", most: int | None = None
) -> tuple[list[dict[str, Any]], dict[str, Path]]:
    """Return what a page is told of results, and the files behind it by their keys.

    Parameters
    ----------
    results
        With their files on this machine.
    beginning
        What all keys begin with.
    most
        How many files of each.

    Raises
    ------
    UsageError
        When there is nothing to show.
    """
    shown = [one for result in results for one in list(_shown(result))[:most]]
    if not shown:
        raise UsageError(_NOTHING)
    files = {f"{beginning}{n}": a.path for n, (_, a) in enumerate(shown) if a and a.path}
    return [source(r, f"{beginning}{n}", a) for n, (r, a) in enumerate(shown)], files


def _shown(result: Result) -> Iterator[tuple[Result, Asset | None]]:
    """Find what a page can show of a result: its files that are here, else its text."""
    files = [a for a in result.assets if a.path and a.path.is_file() and not a.problem]
    yield from ((result, a) for a in files)
    if not result.assets and result.text:
        yield result, None
