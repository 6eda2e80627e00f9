"""Where something is asked for: the notebook, and the cell in it, as far as the front end tells.

Nothing is imported for it: where there is no IPython, there is no notebook.
"""

from __future__ import annotations

import os
import sys
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Place:
    """A notebook, as its server or editor names its file, and the id of a cell in it. None where unknown."""

    notebook: str | None = None
    cell: str | None = None


NOWHERE: Final = Place()


told: ContextVar[Place | None] = ContextVar("place", default=None)
"""The place that asks, where it is another than that of the code: workers send what a notebook asks for."""


def here() -> Place:
    """Return the place of the code that runs now."""
    if (place := told.get()) is not None:
        return place
    shell = _shell()
    return Place(_notebook(shell), _cell(shell))


def _shell() -> Any:
    module = sys.modules.get("IPython.core.getipython")
    return module.get_ipython() if module else None


def _notebook(shell: Any) -> str | None:
    """Return what Jupyter's server tells its kernels, else what VS Code puts into the namespace."""
    told = os.environ.get("JPY_SESSION_NAME") or getattr(shell, "user_ns", {}).get("__vsc_ipynb_file__")
    return str(told) if told else None


def _cell(shell: Any) -> str | None:
    """Return the id that came with the request that runs now. A job in the background belongs to no cell."""
    kernel = getattr(shell, "kernel", None)
    try:
        parent = kernel.get_parent("shell") if kernel else {}
        told = parent.get("metadata", {}).get("cellId")
    except (AttributeError, LookupError, TypeError):
        return None
    return told if isinstance(told, str) and told else None
