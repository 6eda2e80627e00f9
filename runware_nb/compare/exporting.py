"""Exporting: a run as a table or as lines of JSON, in files that others read and `runware_nb.load` brings back.

A table has the columns of the frame and, last, `record`: the request and the response as JSON, of which the run is made
again. A new format is a function here and a row in `door`.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from runware_nb.api.runs import Run
from runware_nb.compare.tables import guarded
from runware_nb.errors import UsageError
from runware_nb.memory import records

if TYPE_CHECKING:
    import pandas as pd

RECORD: Final = "record"
FENCE: Final = "```jsonl"
_INSIDE: Final = {
    ".md": re.compile(rf"^{FENCE}\n(.*?)^```$", re.DOTALL | re.MULTILINE),
    ".html": re.compile(r'<pre data-runware="records"[^>]*>(.*?)</pre>', re.DOTALL),
}
"""Where the records stand in what is written to be read."""
READ: Final = frozenset({".jsonl", ".csv", ".parquet", ".md", ".html"})
"""Endings of files that a run is made of again."""


def recorded(run: Run, table: pd.DataFrame) -> pd.DataFrame:
    """Return the frame of a run with a column `record`."""
    import pandas as pd

    told = list(records.lines(run))[: len(table)]
    return table.assign(**{RECORD: pd.array(told, dtype="string")})


def jsonl(run: Run) -> str:
    """Return a run as JSON, a line a result: its request and its response."""
    return "".join(f"{line}\n" for line in records.lines(run))


def csv(run: Run, table: pd.DataFrame) -> str:
    """Return a run as CSV, with an apostrophe before what a spreadsheet would take for a formula."""
    told = recorded(run, table)
    texts: list[str] = [str(name) for name, dtype in told.dtypes.items() if dtype == "string"]
    safe: Any = {name: told[name].map(guarded, na_action="ignore") for name in texts}
    return str(told.assign(**safe).to_csv(index=False))


def read(path: Path, folders: Sequence[Path]) -> Run:
    """Make a run of a file again: `.jsonl`, `.csv`, `.parquet`, `.md`, or a report's `.html`.

    Raises
    ------
    UsageError
        When it is not there, or no such file.
    """
    try:
        return records.run_of(list(_records(path)), folders)
    except FileNotFoundError:
        raise UsageError(f"there is no file {path}.") from None
    except UsageError as error:
        raise UsageError(f"{path.name}: {error}") from None
    except (OSError, ValueError, KeyError, RecursionError):  # pyarrow's errors are ValueErrors
        raise UsageError(f"{path.name} is no run that was exported, or it is damaged.") from None


def _records(path: Path) -> Iterator[dict[str, Any]]:
    if path.suffix == ".parquet":
        import pandas as pd

        yield from map(json.loads, pd.read_parquet(path, columns=[RECORD])[RECORD])
    elif path.suffix == ".csv":
        import pandas as pd

        yield from map(json.loads, pd.read_csv(path, usecols=[RECORD], dtype="string")[RECORD])
    else:
        text = path.read_text(encoding="utf-8")
        found = _INSIDE[path.suffix].search(text) if path.suffix in _INSIDE else None
        lines = html.unescape(found[1]) if found and path.suffix == ".html" else found[1] if found else text
        yield from (json.loads(line) for line in lines.splitlines() if line.strip())
