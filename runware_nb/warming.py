"""Warming: what the first cell wants is imported in a thread while the user types it, and who wants it meanwhile waits.

Two threads that import one package from two ends would each find half of it: Python breaks such a deadlock by handing
out modules that are not done. So only one thread imports at a time, and the doors wait here for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

_under_way: list[tuple[threading.Thread, threading.Event]] = []


def warm(imports: Callable[[], object], after: Callable[[], object]) -> None:
    """Import in a thread, and do there what comes after; neither may fail."""
    imported = threading.Event()

    def work() -> None:
        try:
            imports()
        finally:
            imported.set()
        after()

    thread = threading.Thread(target=work, name="runware-warm", daemon=True)
    _under_way.append((thread, imported))
    thread.start()


def is_warm() -> bool:
    """Tell whether nothing is being imported."""
    return all(imported.is_set() for _, imported in _under_way)


def wait() -> None:
    """Wait until all is imported, unless this is the thread that does it."""
    for thread, imported in _under_way:
        if thread is not threading.current_thread():
            imported.wait()
