"""Settings: where the API is, the key, and where things are kept on this machine.

The environment is read when a session starts:

====================  ==========================================================================
`RUNWARE_API_KEY`     the key; where else it is looked for is in `keys`. Without one the sandbox serves
`RUNWARE_DOTENV`      `1` or a path: look for the key in a `.env` file, too
`RUNWARE_BASE_URL`    REST address, `https://api.runware.ai/v1` if not set
`RUNWARE_WS_URL`      WebSocket address, `wss://ws-api.runware.ai/v1` if not set
`RUNWARE_TRANSPORT`   `auto`, `rest` or `websocket`
`RUNWARE_NB_HOME`     folder of the ledger; the user's data folder if not set
`RUNWARE_CACHE`       `use`, `fresh`, `only` or `off`, overruling cells; `only` spends nothing, ever
`RUNWARE_BUDGET`      USD that may be spent in all; no limit if not set
`RUNWARE_CONFIRM_ABOVE` USD above which a run wants to be agreed to; without asking if not set
`RUNWARE_BUDGET_NAME` kernels and scripts with the same name share one budget
`RUNWARE_SCHEMA_URL`  the public schema service, `https://schemas.runware.ai` if not set
`RUNWARE_CONTENT_URL` the public content service, `https://content.runware.ai` if not set
`RUNWARE_OFFLINE`     `1`: these two are never asked; the catalogue is the bundled one, and what was kept of theirs
====================  ==========================================================================
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from runware_nb import keys
from runware_nb.errors import MissingKey, UsageError
from runware_nb.keys import Secret

BASE_URL: Final = "https://api.runware.ai/v1"
WS_URL: Final = "wss://ws-api.runware.ai/v1"
SCHEMA_URL: Final = "https://schemas.runware.ai"
CONTENT_URL: Final = "https://content.runware.ai"
OUTPUTS: Final = "runware_outputs"
"""Folder for media, beside the notebook. Visible, since Jupyter serves nothing from folders that start with a dot."""
BESIDE: Final = "media"
"""Name of the folder beside an exported page."""
CACHE_MODES: Final[Mapping[str, str]] = {
    "use": "show what is here, and make what is missing",
    "fresh": "make new samples beside those that are here",
    "only": "show what is here, and refuse to spend on what is missing",
    "off": "neither look nor share: send all as it stands",
}
TRANSPORTS: Final = ("auto", "rest", "websocket")
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the API is, and the key to it.

    Parameters
    ----------
    base_url
        REST address with its version path. `https`, except on this machine.
    ws_url
        WebSocket address, likewise.
    key
        The API key. It is sent to these two addresses only.
    sandbox
        Whether it is the sandbox that this process itself started.
    """

    base_url: str
    ws_url: str
    key: Secret
    sandbox: bool = False

    def __post_init__(self) -> None:
        for url, schemes in ((self.base_url, ("https", "http")), (self.ws_url, ("wss", "ws"))):
            parts = urlsplit(url)
            if parts.scheme not in schemes or not parts.hostname:
                raise UsageError(f"{url!r} is not an address of the form {schemes[0]}://host/v1.")
            if parts.scheme != schemes[0] and parts.hostname not in LOOPBACK:
                raise UsageError(f"{url!r} would send the key unencrypted: use {schemes[0]}:// there.")

    @property
    def name(self) -> str:
        """What the ledger calls it: its address, or `"sandbox"`, whose address is another each time."""
        return "sandbox" if self.sandbox else self.base_url

    @property
    def is_local(self) -> bool:
        """Whether the API is on this machine, as a sandbox is."""
        return urlsplit(self.base_url).hostname in LOOPBACK


def endpoint(
    api_key: str | Secret | None = None,
    base_url: str | None = None,
    ws_url: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Endpoint:
    """Return the API to talk to: what is given, else what is set (see `keys.find`), else Runware's own addresses.

    Raises
    ------
    MissingKey
        When no key is given or found.
    UsageError
        When it cannot be a key, or an address would send it unencrypted.
    """
    return Endpoint(
        (base_url or environ.get("RUNWARE_BASE_URL") or BASE_URL).rstrip("/"),
        (ws_url or environ.get("RUNWARE_WS_URL") or WS_URL).rstrip("/"),
        _key(api_key, environ),
    )


def _key(given: str | Secret | None, environ: Mapping[str, str]) -> Secret:
    if isinstance(given, Secret):
        return given
    if given:
        return Secret.checked(given, "the API key")
    if found := keys.find(environ):
        return found.key
    raise MissingKey(
        "there is no API key: set RUNWARE_API_KEY or use %runware login (get one at https://my.runware.ai/signup)."
    )


@dataclass(frozen=True, slots=True)
class Services:
    """The public services that tell of models. No key is needed there, and none is sent.

    Parameters
    ----------
    schemas, content
        Their addresses: `https`, except on this machine.
    chosen
        Whether somebody named them, as a test or a mirror does.
    offline
        Whether they must not be asked.
    """

    schemas: str = SCHEMA_URL
    content: str = CONTENT_URL
    chosen: bool = False
    offline: bool = False

    def __post_init__(self) -> None:
        for url in (self.schemas, self.content):
            parts = urlsplit(url)
            here = parts.hostname in LOOPBACK
            if not parts.hostname or parts.scheme not in ({"https", "http"} if here else {"https"}):
                raise UsageError(f"{url[:80]!r} is not an address of the form https://host.")

    def serves(self, place: Endpoint) -> bool:
        """Tell whether they may be asked unbidden beside an API: not beside a sandbox, which phones nobody."""
        return not self.offline and not place.sandbox and (self.chosen or not place.is_local)


def services(environ: Mapping[str, str] = os.environ) -> Services:
    """Return the public services to ask.

    Raises
    ------
    UsageError
        For an address that is none.
    """
    named = [environ.get(name, "").strip().rstrip("/") for name in ("RUNWARE_SCHEMA_URL", "RUNWARE_CONTENT_URL")]
    offline = environ.get("RUNWARE_OFFLINE", "").strip().lower() not in {"", "0", "false", "no"}
    return Services(named[0] or SCHEMA_URL, named[1] or CONTENT_URL, any(named), offline)


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for what can be fetched again: under `RUNWARE_NB_HOME`, else the user's cache folder."""
    if chosen := environ.get("RUNWARE_NB_HOME"):
        return Path(chosen) / "cache"
    from platformdirs import user_cache_path

    return user_cache_path("runware_nb", appauthor=False)


def cache_mode(asked: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return the cache mode in force: that of the environment, else what was asked for.

    Raises
    ------
    UsageError
        For a mode that does not exist.
    """
    mode = environ.get("RUNWARE_CACHE", "").strip() or asked
    if mode not in CACHE_MODES:
        raise UsageError(f"the cache mode is {mode[:40]!r}, but must be one of {', '.join(CACHE_MODES)}.")
    return mode


def home(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for what outlives a notebook, such as the ledger. It is made if need be."""
    if chosen := environ.get("RUNWARE_NB_HOME"):
        folder = Path(chosen)
    else:
        from platformdirs import user_data_path

        folder = user_data_path("runware_nb", appauthor=False)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
