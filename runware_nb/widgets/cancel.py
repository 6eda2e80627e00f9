"""The Cancel button, shown under a live card while its run goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import traitlets as t

from runware_nb.widgets.base import Widget


class Cancel(Widget):
    """A button that asks for a run to be cancelled, once.

    Drawn by `js/src/widgets/cancel.ts`, which has the same traits.

    Parameters
    ----------
    on_cancel
        Called without arguments at the first press, and never again. While a cell runs it may be called on
        another thread than the cell's, so it must be thread-safe: set an event, or go through
        `loop.call_soon_threadsafe`. What it prints is shown nowhere.
    label
        The words on the button until it is pressed.
    """

    label = t.Unicode("Cancel", help="the words on the button until it is pressed").tag(sync=True)
    state = t.Enum(
        ["ready", "pressed", "gone"], "ready", help="pressed: heard, and no longer pressable; gone: hidden"
    ).tag(sync=True)

    def __init__(self, on_cancel: Callable[[], object], label: str = "Cancel") -> None:
        super().__init__(label=label)
        self._on_cancel = on_cancel
        self.on_msg(self._receive)

    def __repr__(self) -> str:
        return f"<Cancel {self.label!r}, {self.state}>"

    def _receive(self, _widget: object, content: Mapping[str, Any], _buffers: object) -> None:
        if content.get("kind") == "cancel" and self.state == "ready":
            self.state = "pressed"
            self._on_cancel()
