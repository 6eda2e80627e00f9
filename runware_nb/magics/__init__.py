"""The magics: `%load_ext runware_nb` brings `%%runware` cells and the `%runware` line."""

from __future__ import annotations

import contextlib
import importlib
import threading
from typing import Any

from runware_nb.magics.config import configurable
from runware_nb.magics.runware import RunwareMagics, run_cell, runware_line
from runware_nb.magics.transform import transformer
from runware_nb.memory.journal import unfinished

__all__ = ["load_ipython_extension", "run_cell", "runware_line", "unload_ipython_extension"]

_loaded: dict[int, tuple[Any, Any, Any]] = {}


def load_ipython_extension(shell: Any) -> None:
    """Register the magics with a shell. Loading again replaces what was loaded."""
    unload_ipython_extension(shell)
    shell.register_magics(RunwareMagics(shell))
    transform = None
    if hasattr(shell, "kernel"):
        transform = transformer(shell)
        shell.input_transformers_cleanup.append(transform)
    preferred = configurable()(parent=shell)
    shell.configurables.append(preferred)
    _loaded[id(shell)] = (shell, transform, preferred)
    if line := unfinished():
        print(line)  # noqa: T201  (told in the cell's output)
    threading.Thread(target=_warm, name="runware-warm", daemon=True).start()


def _warm() -> None:
    """Import what the first cell wants, while the user types it."""
    with contextlib.suppress(Exception):  # the cell that wants it will tell
        for name in ("runware_nb.magics.cells", "runware_nb.magics.plans", "runware_nb.display", "jsonschema", "httpx"):
            importlib.import_module(name)
        importlib.import_module("runware_nb.catalog").bundled()


def unload_ipython_extension(shell: Any) -> None:
    """Take the magics off a shell again. Sessions and results stay."""
    _, transform, preferred = _loaded.pop(id(shell), (None, None, None))
    if preferred in shell.configurables:
        shell.configurables.remove(preferred)
    if transform in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.remove(transform)
    for table in shell.magics_manager.magics.values():
        table.pop("runware", None)
