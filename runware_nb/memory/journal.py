"""A look at the ledger as the extension loads: is anything unfinished? Reads only, and takes a millisecond."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress

from runware_nb.memory import owners
from runware_nb.settings import BASE_URL, home


def unfinished() -> str | None:
    """Return one line if kernels that are gone left tasks at the API that is set up; None if not, or with no key."""
    path = home() / "ledger.sqlite"
    if not os.environ.get("RUNWARE_API_KEY") or not path.is_file():
        return None
    url = (os.environ.get("RUNWARE_BASE_URL") or BASE_URL).rstrip("/")
    with (
        suppress(sqlite3.Error),  # a file that cannot be read now is told of when it is used
        closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=0.5)) as connection,
    ):
        rows = connection.execute(
            "SELECT owner, count(*) FROM tasks WHERE state IN ('intended', 'accepted', 'unknown') AND base_url = ?"
            " GROUP BY owner",
            (url,),
        ).fetchall()
        count = sum(number for owner, number in rows if not owners.is_alive(owner))
        if count:
            several = count > 1
            return (
                f"{count} task{'s' * several} of an earlier kernel {'are' if several else 'is'} unfinished:"
                " %runware resume brings back what was paid for."
            )
    return None
