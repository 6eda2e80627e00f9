"""Generative media in a notebook, through the Runware API.

In a notebook: `%load_ext runware_nb`, then `%%runware image` with a prompt below it.
From Python: `import runware_nb as rw`, then `await rw.image("a red fox")`.
In scripts: `from runware_nb import blocking as rw`, then the same without `await`.

Importing this package imports almost nothing: each name is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "Runware": "runware_nb.api.client",
    "Result": "runware_nb.api.results",
    "Run": "runware_nb.api.runs",
    "Session": "runware_nb.sessions",
    "Task": "runware_nb.api.tasks",
    "account": "runware_nb.hindsight",
    "ask": "runware_nb.door",
    "audio": "runware_nb.door",
    "effects": "runware_nb.hindsight",
    "costs": "runware_nb.hindsight",
    "estimate": "runware_nb.door",
    "export": "runware_nb.hindsight",
    "grid": "runware_nb.door",
    "history": "runware_nb.hindsight",
    "image": "runware_nb.door",
    "judge": "runware_nb.door",
    "load": "runware_nb.hindsight",
    "map": "runware_nb.door",
    "mesh": "runware_nb.door",
    "models": "runware_nb.door",
    "playground": "runware_nb.door",
    "ranks": "runware_nb.hindsight",
    "report": "runware_nb.hindsight",
    "resume": "runware_nb.door",
    "run": "runware_nb.door",
    "session": "runware_nb.door",
    "text": "runware_nb.door",
    "video": "runware_nb.door",
    "load_ipython_extension": "runware_nb.magics",
    "unload_ipython_extension": "runware_nb.magics",
}

if TYPE_CHECKING:
    from runware_nb.api.client import Runware
    from runware_nb.api.results import Result
    from runware_nb.api.runs import Run
    from runware_nb.api.tasks import Task
    from runware_nb.door import (
        ask,
        audio,
        estimate,
        grid,
        image,
        judge,
        map,  # noqa: A004  (as `rw.map` it is what it says)
        mesh,
        models,
        playground,
        resume,
        run,
        session,
        text,
        video,
    )
    from runware_nb.hindsight import account, costs, effects, export, history, load, ranks, report
    from runware_nb.magics import load_ipython_extension, unload_ipython_extension
    from runware_nb.sessions import Session

__all__ = [
    "Result",
    "Run",
    "Runware",
    "Session",
    "Task",
    "account",
    "ask",
    "audio",
    "costs",
    "effects",
    "estimate",
    "export",
    "grid",
    "history",
    "image",
    "judge",
    "load",
    "load_ipython_extension",
    "map",
    "mesh",
    "models",
    "playground",
    "ranks",
    "report",
    "resume",
    "run",
    "session",
    "text",
    "unload_ipython_extension",
    "video",
]


def __getattr__(name: str) -> Any:
    """Load a public name at its first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'runware_nb' has no attribute {name!r}")
    importlib.import_module("runware_nb.warming").wait()
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
