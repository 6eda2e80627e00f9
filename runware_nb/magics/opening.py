"""Opening: has the cards of a notebook grow a button that opens the viewer, once there can be cards."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

from runware_nb.errors import UsageError


class Opening:
    """Makes the opener after the first cell that used a session, where a person is to press its buttons."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._opener: Any = None
        shell.events.register("post_run_cell", self._after)

    def end(self) -> None:
        """Take the buttons off the page."""
        with contextlib.suppress(ValueError):
            self._shell.events.unregister("post_run_cell", self._after)
        if self._opener is not None:
            self._opener.close()
            self._opener = None

    def _after(self, _result: object) -> None:
        # Loading the extension imports nothing heavy, and a thread may be about to import the door.
        is_open = getattr(sys.modules.get("runware_nb.door"), "is_open", bool)
        if self._opener is not None or not is_open():
            return
        from runware_nb import door
        from runware_nb.display.fronts import can_ask
        from runware_nb.widgets.opener import Opener

        if not can_ask():
            return

        with contextlib.suppress(UsageError):  # the front end is not built: `result.view()` will say so
            self._opener = Opener(lambda uuid: door.session().recall(uuid))
