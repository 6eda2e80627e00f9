"""Widgets of which a page asks something: each asks one function of Python, and one for the files it shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from runware_nb.widgets.base import Widget
from runware_nb.widgets.serving import Serving


class AskingWidget(Widget):
    """A widget that leaves what it is asked, and its static form, to the object that owns its state.

    Parameters
    ----------
    on_ask
        Called with what the user does, by `kind`, and the bytes that came along. It may be on another thread than
        the cell's.
    file_of
        Gives the file of a source by its key.
    fallback
        Gives the HTML for where no kernel is.
    """

    def __init__(
        self,
        on_ask: Callable[[Mapping[str, Any], Sequence[bytes]], object],
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
        """HTML of what there is as it is now."""
        return self._fallback()

    def _receive(self, _widget: object, content: Mapping[str, Any], buffers: Sequence[Any]) -> None:
        if isinstance(content, Mapping):
            self._on_ask(content, [bytes(buffer) for buffer in buffers])
