"""The lines `%runware login` and `%runware key`: take an API key unseen, and tell whether there is one. Never which.

A key typed on a line is refused: the line is saved with the notebook and in IPython's history.
"""

from __future__ import annotations

import getpass
import os
import sys
import warnings
from typing import Final

from IPython.core.getipython import get_ipython

from runware_nb import door, keys
from runware_nb.errors import Interrupted, UsageError
from runware_nb.loops import wait_for

_FORGET: Final = frozenset({"--forget", "forget"})
_WHERE: Final = {
    "keyring": "It is in your keyring, for every kernel of yours.",
    "this kernel": "There is no keyring here, so it is kept for this kernel only.",
}


def login(rest: str) -> None:
    """Ask for a key, unseen, and keep it; with `--forget`, remove what was kept. The next cell uses what is then there.

    Raises
    ------
    UsageError
        When something else is on the line, nobody can be asked, or what was typed cannot be a key.
    Interrupted
        When the question was not answered.
    """
    if rest in _FORGET:
        _forget()
        return
    _refuse(rest)
    where = keys.keep(_asked())
    wait_for(door.reset())
    found = keys.find()
    before = "" if found is None or found.source == where else f" But {_before(found.source)} comes first."
    print(f"The key is kept. {_WHERE[where]}{before}")  # noqa: T201  (told in the cell's output)


def key(rest: str) -> None:
    """Tell whether there is a key, and where from; `forget` removes what a login kept."""
    if rest in _FORGET:
        _forget()
        return
    _refuse(rest)
    found = keys.find()
    none = "none" if os.environ.get("RUNWARE_BASE_URL") else "none: the sandbox serves"
    print(f"configured ({found.source})" if found else none)  # noqa: T201


def _forget() -> None:
    had = keys.forget()
    wait_for(door.reset())
    found = keys.find()
    still = f" There still is {_before(found.source)}." if found else ""
    print(f"{'The key is forgotten.' if had else 'No login had kept a key.'}{still}")  # noqa: T201


def _before(source: str) -> str:
    names = {"environment": "the variable RUNWARE_API_KEY", "Colab": "the secret RUNWARE_API_KEY of Colab"}
    return names.get(source, f"the key of {source}")


def _refuse(rest: str) -> None:
    """Refuse whatever else is on the line, without repeating it: it may be a key."""
    if rest:
        raise UsageError(
            "nothing goes after this but --forget. If that was a key, the notebook and IPython's history hold it now:"
            " replace it at https://my.runware.ai/keys, then type the new one where %runware login asks."
        )


def _asked() -> keys.Secret:
    if not _can_ask():
        raise UsageError("nobody can be asked for a key here: set RUNWARE_API_KEY in the environment.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)  # it would go on, and show what is typed
            return keys.Secret.checked(getpass.getpass("Runware API key: "), "what was typed")
    except getpass.GetPassWarning:
        raise UsageError("this terminal would show the key: set RUNWARE_API_KEY in the environment.") from None
    except (KeyboardInterrupt, EOFError):
        raise Interrupted("no key was given, and nothing has changed.") from None


def _can_ask() -> bool:
    kernel = getattr(get_ipython(), "kernel", None)
    return sys.stdin.isatty() if kernel is None else bool(getattr(kernel, "_allow_stdin", False))
