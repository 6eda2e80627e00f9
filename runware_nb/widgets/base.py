"""What all widgets share: their built code, their static forms, and messages that arrive in time.

Where outputs and widgets are on one page, a notebook holds only the static form of a widget, and the widget draws
itself in its place (`js/src/core/placed.ts`). A view of its own would read "model not found" once the kernel is gone.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import anywidget
import traitlets as t

from runware_nb.display.builds import built
from runware_nb.display.fronts import shares_a_page


class Widget(anywidget.AnyWidget):
    """A widget drawn by the built file that has the name of the module it is defined in.

    Raises
    ------
    UsageError
        When made, if the front end is not built.
    """

    place = t.Unicode(help="names its place on the page").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        name = type(self).__module__.rpartition(".")[2]
        self._esm, self._css = built(f"{name}.mjs"), built(f"{name}.css")  # read by anywidget, which syncs them
        super().__init__(place=uuid4().hex, **traits)
        _listen_where_asked(self.comm)

    def __repr__(self) -> str:
        """Return a text that is the same in every run, since notebooks save it."""
        return f"<{type(self).__name__}>"

    def fallback(self) -> str:
        """HTML shown where no kernel is: in exports, and in notebooks that are not trusted."""
        return "<!-- a widget of a finished run -->"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        still = f'<div data-runware-widget="{self.place}">{self.fallback()}</div>'
        told = {"text/plain": repr(self), "text/html": still}
        return (told, {}) if shares_a_page() else ({**data, **told}, metadata)


def _listen_where_asked(comm: Any) -> None:
    """Let messages come in on the subshell that the front end chose for them.

    ipykernel 7.4 sends them instead to the shell that last used the comm: a click would then wait until a
    blocking cell is done. This is its private API; where it is missing, nothing needs to be done.
    """
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda data, default: default  # noqa: ARG005, SLF001
