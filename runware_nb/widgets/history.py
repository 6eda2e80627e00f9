"""The history browser. What its two halves say to each other is in `js/src/past/protocol.ts`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import traitlets as t

from runware_nb.widgets.base import Widget
from runware_nb.widgets.serving import Serving


class HistoryView(Widget):
    """Rows of the ledger, of which only those on screen are in the page.

    Drawn by `js/src/widgets/history.tsx`, which has the same traits.

    Parameters
    ----------
    on_ask
        Called with what the user does, by `kind`. It may be on another thread than the cell's.
    file_of
        Gives the file of a source by its key.
    fallback
        Gives the HTML for where no kernel is.
    """

    sieve = t.Dict(help="which rows are wanted").tag(sync=True)
    found = t.Dict(help="how many there are, and what they cost").tag(sync=True)
    choices = t.Dict(help="kinds, models, notebooks and tags that there are").tag(sync=True)

    def __init__(
        self,
        on_ask: Callable[[Mapping[str, Any]], object],
        file_of: Callable[[str], Path | None],
        fallback: Callable[[], str],
        **traits: Any,
    ) -> None:
        super().__init__(**traits)
        self._on_ask = on_ask
        self._fallback = fallback
        self._serving = Serving(self, file_of)
        self.on_msg(self._receive)

    def fallback(self) -> str:
        """HTML of the newest rows."""
        return self._fallback()

    def _receive(self, _widget: object, content: Any, _buffers: object) -> None:
        if isinstance(content, Mapping):
            self._on_ask(content)
