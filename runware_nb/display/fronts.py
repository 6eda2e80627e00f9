"""Fronts: what the front end of this process can do."""

from __future__ import annotations

import sys
from typing import Any


def can_ask() -> bool:
    """Tell whether a person sits at a front end: one that can be asked for input."""
    return bool(getattr(_kernel(), "_allow_stdin", False))


def in_notebook() -> bool:
    """Tell whether what is shown goes to a notebook, with a person at it or not."""
    return _kernel() is not None


def shares_a_page() -> bool:
    """Tell whether outputs and widgets are on one page, as in JupyterLab and Notebook 7: not in Colab or VS Code."""
    kernel = _kernel()
    names = getattr(getattr(kernel, "shell", None), "user_ns", {})
    return kernel is not None and "google.colab" not in sys.modules and "__vsc_ipynb_file__" not in names


def _kernel() -> Any:
    from IPython.core.getipython import get_ipython

    return getattr(get_ipython(), "kernel", None)
