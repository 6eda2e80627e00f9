"""Keys: the API key, which has no printable form; where it is looked for, and where a login keeps it.

In this order, first found: what the caller gives, `RUNWARE_API_KEY`, Colab's secrets, what `%runware login` kept (in
the keyring, else in this kernel), and a `.env` file if `RUNWARE_DOTENV` asks for it. The environment is left as it is:
this package starts no process, so it hands the variable to none.
"""

from __future__ import annotations

import hmac
import importlib
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn, Self

from runware_nb.errors import UsageError

NAME: Final = "RUNWARE_API_KEY"
SERVICE: Final = "runware_nb"
"""Under which the keyring has it, with `NAME` as the user."""
MASK: Final = "[key]"
_LONGEST: Final = 512
_SHORTEST: Final = 8
"""Characters below which a text is not redacted: no real key is as short, and words would be lost."""
_DOTENV_LIMIT: Final = 64_000
_OFF: Final = frozenset({"", "0", "false", "no", "off"})
_ON: Final = frozenset({"1", "true", "yes", "on"})


class Secret:
    """An API key that has no printable form: it shows in no repr, log, traceback, `vars()`, JSON or pickle.

    Equal to another of the same value, found in constant time. Copies are the same object.
    """

    __slots__ = ("_reveal",)

    def __init__(self, value: str) -> None:
        self._reveal: Callable[[], str] = lambda: value

    @classmethod
    def checked(cls, text: str, place: str) -> Self:
        """Make one of what somebody typed or set.

        Raises
        ------
        UsageError
            When it cannot be a key. It names the place, never the text.
        """
        value = text.strip()
        if not value:
            raise UsageError(f"{place} is empty: get a key at https://my.runware.ai/keys.")
        if not value.isascii() or not value.isprintable() or set(value) & set(" \"'`") or len(value) > _LONGEST:
            raise UsageError(f"{place} has characters that no key has: set it again, without spaces or quotes.")
        return cls(value)

    def reveal(self) -> str:
        """Return the key. For the transport alone, as it writes the header."""
        return self._reveal()

    def redacted(self, value: Any) -> Any:
        """Return JSON with `[key]` wherever the key stands in a text, at any depth: an answer may echo it."""
        if isinstance(value, str):
            return value if len(self._reveal()) < _SHORTEST else value.replace(self._reveal(), MASK)
        if isinstance(value, Mapping):
            return {self.redacted(name): self.redacted(inner) for name, inner in value.items()}
        return [self.redacted(inner) for inner in value] if isinstance(value, list) else value

    def redacted_json(self, value: Any, text: bytes) -> Any:
        """Return the JSON of a text as `redacted` does, which is asked only if the key may be in it, escaped or not."""
        return self.redacted(value) if b"\\" in text or self._reveal().encode() in text else value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._reveal().encode(), other._reveal().encode())

    def __hash__(self) -> int:
        return hash(Secret)  # one for all: a hash of the value would tell of it

    def __repr__(self) -> str:
        return "Secret(set)"

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("an API key is never pickled")


@dataclass(frozen=True, slots=True)
class Found:
    """A key, and where it was found, such as `"environment"`."""

    key: Secret
    source: str


_here: list[Secret] = []
"""What a login keeps where there is no keyring: it ends with the kernel."""


def find(environ: Mapping[str, str] = os.environ) -> Found | None:
    """Look for the key.

    Raises
    ------
    UsageError
        When one is set that cannot be a key, or `RUNWARE_DOTENV` names a file that cannot be read.
    """
    for source, place, text in _places(environ):
        if text and text.strip():
            return Found(Secret.checked(text, place), source)
    return None


def _places(environ: Mapping[str, str]) -> Iterator[tuple[str, str, str | None]]:
    """Give source, name of the place, and what is there, each looked up only if those before had none."""
    yield "environment", NAME, environ.get(NAME)
    yield "Colab", f"{NAME} of Colab's secrets", _colab()
    yield "keyring", "the key in the keyring", _keyring()
    yield "this kernel", "the key", _here[-1].reveal() if _here else None
    yield ".env", f"{NAME} in the .env file", _dotenv(environ.get("RUNWARE_DOTENV", ""))


def keep(key: Secret) -> str:
    """Keep a key that somebody logged in with, and return where: `"keyring"` or `"this kernel"`."""
    forget()
    if store := _store():
        try:
            store.set_password(SERVICE, NAME, key.reveal())
            # Some keyrings take all and keep nothing.
            if store.get_password(SERVICE, NAME) == key.reveal():
                return "keyring"
        except Exception:  # noqa: BLE001, S110  (each keyring has errors of its own)
            pass
    _here.append(key)
    return "this kernel"


def forget() -> bool:
    """Remove what a login kept. Returns whether there was any."""
    had = bool(_here)
    _here.clear()
    if (store := _store()) and _keyring():
        try:
            store.delete_password(SERVICE, NAME)
        except Exception:  # noqa: BLE001
            raise UsageError("the keyring does not give the key up: remove it by its own program.") from None
        return True
    return had


def _colab() -> str | None:
    """Ask Colab for its secret. Never imports Colab: where it runs, it is loaded."""
    userdata = getattr(sys.modules.get("google.colab"), "userdata", None) or sys.modules.get("google.colab.userdata")
    try:
        return userdata.get(NAME) if userdata else None
    except Exception:  # noqa: BLE001  (not set, or not granted to this notebook)
        return None


def _store() -> Any:
    """Return the keyring library, which the user may have installed."""
    try:
        return importlib.import_module("keyring")
    except ImportError:
        return None


def _keyring() -> str | None:
    store = _store()
    try:
        found = store.get_password(SERVICE, NAME) if store else None
    except Exception:  # noqa: BLE001  (locked, or no keyring on this machine)
        return None
    return found if isinstance(found, str) else None


# python-dotenv was refused: it searches the folders above, fills in `${}` and may run on into other variables, while
# one line is wanted of one file.
_LINE: Final = re.compile(
    rf"""^[ \t]*(?:export[ \t]+)?{NAME}[ \t]*=[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|([^\s#"']*))[ \t]*(?:\#.*)?$""",
    re.MULTILINE,
)


def _dotenv(asked: str) -> str | None:
    """Read the key out of a `.env` file, and nothing else: an address in it could send the key elsewhere."""
    if asked.strip().lower() in _OFF:
        return None
    path = Path(".env") if asked.strip().lower() in _ON else Path(asked).expanduser()
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(_DOTENV_LIMIT)
    except (OSError, ValueError):
        raise UsageError(f"RUNWARE_DOTENV names {str(path)[:80]!r}, which cannot be read.") from None
    found = _LINE.findall(text)
    return "".join(found[-1]) if found else None
