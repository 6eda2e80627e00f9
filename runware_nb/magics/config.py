"""`%config Runware.NAME = value`, made from the table of preferences, and the line `%runware config`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import traitlets as t
from traitlets.config.configurable import Configurable

from runware_nb import keys, preferences
from runware_nb.errors import RunwareError
from runware_nb.preferences import PREFERENCES

if TYPE_CHECKING:
    from runware_nb.display.tables import Listing


@cache
def configurable() -> type[Configurable]:
    """Make the class that `%config` sets: a trait a preference. What is not set there is told as it is in force."""
    traits = {p.name: _Preferred(p).tag(config=True) for p in PREFERENCES}
    return type("Runware", (Configurable,), {"__doc__": "Preferences of runware_nb: see %runware config.", **traits})


class _Preferred(t.Any):
    """A trait that is what is in force, and checks what is set."""

    def __init__(self, preference: preferences.Preference) -> None:
        super().__init__(help=preference.help)
        self._preference = preference

    def get(self, obj: Any, cls: Any = None) -> Any:  # noqa: ARG002  (as traitlets calls it)
        return preferences.value(self._preference.name)

    def validate(self, obj: Any, value: Any) -> Any:  # noqa: ARG002  (as traitlets calls it)
        read = preferences.checked(self._preference, value, "%config")
        preferences.OVERRIDES[self._preference.name] = value
        if self._preference.name == "errors":
            RunwareError.in_full = value == "full"
        return read


def listing() -> Listing:
    """List each preference, its value and where it was set. The key is told by its place alone."""
    from runware_nb.display.tables import Listing, Table

    rows = [
        (p.name, _word(found.value), found.source, p.help) for p in PREFERENCES for found in [preferences.found(p.name)]
    ]
    key = keys.find()
    rows.append(("key", "configured" if key else "none", key.source if key else "-", "see %runware login"))
    return Listing(Table(tuple(rows), ("name", "value", "set by", "what it does")))


def _word(value: Any) -> str:
    return "-" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
