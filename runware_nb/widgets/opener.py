"""The opener: gives the cards on a page a button that opens their result in the viewer.

It is never displayed, so it leaves nothing in a notebook: the button is there while a kernel can answer it, and a saved
notebook, an export or a page without a kernel shows the plain card.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

from runware_nb.api.results import Result
from runware_nb.api.runs import Run
from runware_nb.errors import RunwareError
from runware_nb.loops import background
from runware_nb.widgets.base import Widget
from runware_nb.widgets.serving import Serving
from runware_nb.widgets.viewer import sources_of


class Opener(Widget):
    """Answers what the buttons ask: which files or texts a card shows.

    Drawn by `js/src/widgets/opener.tsx`, which finds cards by the key that `display.cards.key` gives them.

    Parameters
    ----------
    recall
        Gives what a task made, by its UUID.
    """

    def __init__(self, recall: Callable[[str], Coroutine[Any, Any, Run]]) -> None:
        super().__init__()
        self._recall = recall
        self._files: dict[str, Path] = {}
        self._serving = Serving(self, self._files.get)
        self.on_msg(self._receive)

    def _receive(self, _widget: object, content: Any, _buffers: object) -> None:
        match content:
            case {"kind": "open", "key": str(key)}:
                asyncio.run_coroutine_threadsafe(self._answer(key), background())

    async def _answer(self, key: str) -> None:
        try:
            told: dict[str, Any] = {"sources": await self._sources(key)}
        except RunwareError as error:
            told = {"error": str(error)}
        self.send({"kind": "open", "key": key, **told})

    async def _sources(self, key: str) -> list[dict[str, Any]]:
        uuid, _, name = key.partition("/")
        sources, files = await asyncio.to_thread(sources_of, [_named(await self._recall(uuid), name)], f"{key}/")
        self._files.update(files)
        return sources


def _named(run: Run, name: str) -> Result:
    """Find the result that has a file of that name, or, of texts, that number."""
    found = (r for r in run.results if name in {str(r.index), r.path.name if r.path else ""})
    return replace(next(found, run.results[0]), cached=False)  # what it cost is told, not what it costs now
