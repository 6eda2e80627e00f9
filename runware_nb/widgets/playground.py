"""The playground. What its two halves say to each other is in `js/src/play/protocol.ts`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import traitlets as t

from runware_nb.widgets.base import Widget
from runware_nb.widgets.serving import Serving


class PlaygroundView(Widget):
    """A form to ask a model by, what it would cost, and what came of it.

    Drawn by `js/src/widgets/playground.tsx`, which has the same traits.

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

    picked = t.Dict(help="the model that is picked, in words").tag(sync=True)
    form = t.Dict(help="schema and groups of fields, as `forms.form` gives them").tag(sync=True)
    task = t.Dict(help="the task as it stands; media are tokens of `media`").tag(sync=True)
    revision = t.Int(0, help="counts the times that the kernel, not the user, changed the task").tag(sync=True)
    media = t.Dict(help="token to name, medium and a small picture").tag(sync=True)
    verdict = t.Dict(help="what is wrong with the task, or what it would cost").tag(sync=True)
    state = t.Dict(help="how far the run is, its money and time").tag(sync=True)
    sources = t.List(t.Dict(), help="what was made, each as `widgets/sources.py` tells of it").tag(sync=True)
    history = t.List(t.Dict(), help="the newest results of the ledger, with small pictures").tag(sync=True)
    presets = t.List(t.Dict(), help="name and model of each preset").tag(sync=True)
    writer = t.Dict(help="the cell it was opened from: title, what varies, the sweep").tag(sync=True)

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
        """HTML of what it has made so far."""
        return self._fallback()

    def _receive(self, _widget: object, content: Mapping[str, Any], buffers: Sequence[Any]) -> None:
        if isinstance(content, Mapping):
            self._on_ask(content, [bytes(buffer) for buffer in buffers])
