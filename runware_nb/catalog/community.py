"""Community: what `modelSearch` finds, the curated models and all others: checkpoints, LoRAs, your own.

The answer is read strictly: a row without an AIR is left out, and texts are cut. Checked by value before it is asked,
since the API answers a wrong category with nothing found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, overload

from runware_nb.errors import UnknownName, UsageError
from runware_nb.reprs import Drawn

CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "category": ("checkpoint", "lora", "lycoris", "vae", "embeddings"),
    "source": ("official", "community"),
    "visibility": ("public", "private", "favorite", "owned"),
    "sort": ("_score", "popularity", "name", "addedUnixTimestamp", "updatedDateUnixTimestamp"),
}
"""Parameters of `modelSearch` that take one of a list."""
MOST: Final = 100
_LONG: Final = 300


@dataclass(frozen=True, slots=True)
class Entry:
    """One model that was found. As text it is its AIR, so that it does wherever a model is wanted.

    Parameters
    ----------
    air
        Its AIR identifier.
    name
        Its name.
    category
        `checkpoint`, `lora` and the like.
    architecture
        What it is built for; a LoRA fits models of its own. Empty where it is not told.
    source
        `featured` or `community`.
    provider
        Who made it, if told.
    about
        A line on it.
    triggers
        Words that a prompt should have for it to take effect.
    private
        Whether it is your own.
    """

    air: str
    name: str
    category: str = ""
    architecture: str = ""
    source: str = ""
    provider: str = ""
    about: str = ""
    triggers: str = ""
    private: bool = False

    def __str__(self) -> str:
        return self.air


@dataclass(frozen=True, slots=True)
class Community(Drawn, Sequence[Entry]):
    """What a search found: `found[0].air`, or `lora=[{"model": found[0].air, "weight": 0.8}]`.

    Parameters
    ----------
    entries
        The models, in the order of the API.
    total
        How many there are in all.
    asked
        What was asked for, in words.
    """

    entries: tuple[Entry, ...]
    total: int
    asked: str = ""

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | Sequence[Entry]:
        return self.entries[index]

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __bool__(self) -> bool:
        return bool(self.entries)

    def __repr__(self) -> str:
        return f"<Community: {len(self)} of {self.total}{f' for {self.asked!r}' if self.asked else ''}>"

    @property
    def df(self) -> Any:
        """A pandas DataFrame, a row a model: air, name, category, architecture, source, provider, triggers, private."""
        from importlib import import_module

        return import_module("runware_nb.compare.frames").community_frame(self.entries)


def request(words: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Write the task of a search.

    Raises
    ------
    UsageError
        For a value that the API does not know.
    """
    for key, allowed in CHOICES.items():
        value = asked.get(key)
        bare = str(value).removeprefix("-") if key == "sort" and value != "-_score" else value
        if value is not None and bare not in allowed:
            raise UnknownName(key, str(value)[:40], allowed, f"There is {', '.join(allowed)}.")
    limit, offset = asked.get("limit", 20), asked.get("offset", 0)
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MOST:
        raise UsageError(f"limit is {str(limit)[:20]}, but must be a whole number from 1 to {MOST}.")
    if isinstance(offset, bool) or not isinstance(offset, int) or offset < 0:
        raise UsageError(f"offset is {str(offset)[:20]}, but must be a whole number from 0.")
    return {"taskType": "modelSearch", **({"search": words} if words else {}), **asked}


def read(item: Mapping[str, Any], asked: str) -> Community:
    """Read the answer of a search."""
    rows = item.get("results")
    entries = tuple(entry for row in rows if (entry := _entry(row))) if isinstance(rows, list) else ()
    total = item.get("totalResults")
    return Community(entries, total if isinstance(total, int) and total >= len(entries) else len(entries), asked)


def _entry(row: Any) -> Entry | None:
    if not isinstance(row, Mapping) or not isinstance(row.get("air"), str) or ":" not in row["air"]:
        return None

    def text(key: str) -> str:
        value = row.get(key)
        several = ", ".join(str(one) for one in value) if isinstance(value, list) else value
        return several[:_LONG] if isinstance(several, str) else ""

    return Entry(
        air=row["air"][:200],
        name=text("name") or row["air"][:200],
        category=text("category"),
        architecture=text("architecture"),
        source=text("source"),
        provider=text("provider"),
        about=text("shortDescription"),
        triggers=text("positiveTriggerWords"),
        private=row.get("private") is True,
    )
