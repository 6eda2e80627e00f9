"""The Cancel button under a running cell: shown where a person can press it, and gone when the cell ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from IPython.display import display, update_display

from runware_nb.display.fronts import can_ask
from runware_nb.errors import UsageError


class CancelButton:
    """A button in the output of the cell. Shows nothing in exports and headless runs, where nobody could press it.

    Parameters
    ----------
    on_cancel
        Called once, maybe on another thread.
    """

    def __init__(self, on_cancel: Callable[[], object]) -> None:
        self._identity = f"runware-{uuid4().hex}"
        self._widget = _widget(on_cancel)
        if self._widget is not None:
            display(self._widget, display_id=self._identity)  # type: ignore[no-untyped-call]

    def remove(self) -> None:
        """Take the button off the page and out of the saved notebook."""
        if self._widget is not None:
            self._widget.close()
            self._widget = None
            update_display({"text/plain": ""}, raw=True, display_id=self._identity)  # type: ignore[no-untyped-call]


def _widget(on_cancel: Callable[[], object]) -> Any:
    """Make the widget, where somebody could press it."""
    if not can_ask():
        return None
    from runware_nb.widgets.cancel import Cancel

    try:
        return Cancel(on_cancel)
    except UsageError:  # the front end is not built: the stop button of the notebook still works
        return None
