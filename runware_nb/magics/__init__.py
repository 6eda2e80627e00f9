"""The magics: `%load_ext runware_nb` brings `%%runware` cells and the `%runware` line."""

from __future__ import annotations

import contextlib
import importlib
import sys
from typing import Any

from runware_nb import warming
from runware_nb.magics import awaiting
from runware_nb.magics.config import configurable
from runware_nb.magics.opening import Opening
from runware_nb.magics.runware import RunwareMagics, run_cell, runware_line
from runware_nb.magics.transform import transformer
from runware_nb.memory.journal import unfinished

__all__ = ["load_ipython_extension", "run_cell", "runware_line", "unload_ipython_extension"]

_loaded: dict[int, tuple[Any, Any, Any, Any, Any]] = {}


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
    completing = _complete(shell)
    awaiting.teach(shell)
    shell.events.register("post_run_cell", _lend)
    _loaded[id(shell)] = (shell, transform, preferred, completing, Opening(shell))
    if line := unfinished():
        print(line)  # noqa: T201  (told in the cell's output)
    warming.warm(_import, _fill)


def _complete(shell: Any) -> Any:
    """Add our matcher to the completer. The one of IPython 7 takes none that sees more than a word."""
    try:
        from IPython.core.completer import SimpleCompletion, context_matcher
    except ImportError:
        return None

    @context_matcher(identifier="runware_nb")  # type: ignore[untyped-decorator,unused-ignore]
    def complete(context: Any) -> Any:
        warming.wait()
        from runware_nb.magics.completion import candidates

        lines = context.full_text.split("\n")
        cursor = sum(len(line) + 1 for line in lines[: context.cursor_line]) + context.cursor_position
        found = candidates(context.full_text, cursor, shell.user_ns)
        if found is None:
            return {"completions": [], "suppress": False}
        words = [SimpleCompletion(word, type="runware") for word in found.words]
        return {"completions": words, "matched_fragment": found.fragment, "suppress": True, "ordered": True}

    shell.Completer.custom_matchers.append(complete)
    return complete


def _lend(_result: object = None) -> None:
    """Give the frames of a notebook that has imported pandas itself our `.rw`, too."""
    if "pandas" in sys.modules and warming.is_warm():
        importlib.import_module("runware_nb.compare.accessors").register()


def _import() -> None:
    """Import what the first cell wants, while the user types it."""
    with contextlib.suppress(Exception):  # the cell that wants it will tell
        for name in (
            *("runware_nb.magics.cells", "runware_nb.magics.plans", "runware_nb.display", "jsonschema", "httpx"),
            "runware_nb.widgets.opener",
        ):
            importlib.import_module(name)


def _fill() -> None:
    """Read what the first cell looks up."""
    with contextlib.suppress(Exception):
        importlib.import_module("runware_nb.catalog.fetching").current()
        RunwareMagics.runware.__doc__ = importlib.import_module("runware_nb.magics.help").Help().plain


def unload_ipython_extension(shell: Any) -> None:
    """Take the magics off a shell again. Sessions and results stay."""
    _, transform, preferred, completing, opening = _loaded.pop(id(shell), (None,) * 5)
    if opening is not None:
        opening.end()
    awaiting.unteach(shell)
    with contextlib.suppress(ValueError):
        shell.events.unregister("post_run_cell", _lend)
    if completing is not None and completing in shell.Completer.custom_matchers:
        shell.Completer.custom_matchers.remove(completing)
    if preferred in shell.configurables:
        shell.configurables.remove(preferred)
    if transform in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.remove(transform)
    for table in shell.magics_manager.magics.values():
        table.pop("runware", None)
