"""Models: found by AIR or slug, from the bundled snapshot. It is read once, at first use (about 5 ms)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, overload

from runware_nb.catalog import schemas
from runware_nb.errors import UnknownName
from runware_nb.reprs import Drawn

SNAPSHOT: Final = Path(__file__).with_name("snapshot.json")


@dataclass(frozen=True)
class Model(Drawn):
    """One model of the curated list.

    Parameters
    ----------
    air
        Its AIR identifier, `source:id@version`: what tasks name it by.
    slug
        Its name in the docs' addresses.
    creator
        Who made it.
    task_type
        Wire name of the one task type it serves.
    schema
        JSON Schema (draft 2020-12) of its tasks. `x-size-pairs` lists the allowed width and height pairs, if only
        some are.
    prices
        What is known of its price: rows of `configuration`, `usd` and `unit`.
    """

    air: str
    slug: str
    creator: str
    task_type: str
    schema: Mapping[str, Any]
    prices: Sequence[Mapping[str, Any]]

    def takes(self, path: str) -> bool:
        """Tell whether its tasks may have a (dotted) wire parameter."""
        return path.partition(".")[0] in self.schema["properties"]

    def requires(self, path: str) -> bool:
        """Tell whether its tasks must have a (dotted) wire parameter's root."""
        return path.partition(".")[0] in self.schema["required"]

    @property
    def lowest_price(self) -> float | None:
        """The lowest price known of it in USD, for whatever unit; None if none is."""
        return min((float(row["usd"]) for row in self.prices), default=None)

    @property
    def documentation(self) -> str:
        """Its page in the docs."""
        return f"https://runware.ai/docs/models/{self.slug}"


class Catalog(Sequence[Model]):
    """All models of a snapshot, in the order of their AIRs."""

    def __init__(self, snapshot: Mapping[str, Any]) -> None:
        self._snapshot = snapshot
        self._rows: dict[str, Mapping[str, Any]] = {row["air"]: row for row in snapshot["models"]}
        self._airs = list(self._rows)

    @property
    def version(self) -> str:
        """Version of the schemas, a UTC time as `YYYYMMDDhhmmss`."""
        return str(self._snapshot["version"])

    @overload
    def __getitem__(self, index: int) -> Model: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Model]: ...
    def __getitem__(self, index: int | slice) -> Model | Sequence[Model]:
        if isinstance(index, slice):
            return [self._model(air) for air in self._airs[index]]
        return self._model(self._airs[index])

    def __len__(self) -> int:
        return len(self._airs)

    def __iter__(self) -> Iterator[Model]:
        return (self._model(air) for air in self._airs)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Every AIR and slug, to the AIR."""
        return {row["slug"]: air for air, row in self._rows.items()} | {air: air for air in self._rows}

    def get(self, name: str | None) -> Model | None:
        """Find a model by AIR or slug; None for others, such as community models, which only the API knows."""
        air = self.names.get(name or "")
        return self._model(air) if air else None

    def resolve(self, name: str) -> str:
        """Turn a slug, an AIR or a unique part of one into an AIR. Unknown AIRs pass: the API may know them.

        Raises
        ------
        UnknownName
            For a name that is neither, with the nearest ones.
        """
        if name in self.names:
            return self.names[name]
        if ":" in name and "@" in name:
            return name
        holding = {air for known, air in self.names.items() if name.lower() in known.lower()}
        if len(holding) == 1:
            return holding.pop()
        near = sorted(self._rows[air]["slug"] for air in holding)[:4] if holding else []
        hint = f"{len(holding)} models have that in their name: {', '.join(near)}…" if near else ""
        raise UnknownName("model", name, self.names, hint or "An AIR looks like runware:101@1.")

    @cache  # noqa: B019  (one catalogue lives as long as the process)
    def _model(self, air: str) -> Model:
        row = self._rows[air]
        return Model(
            air,
            row["slug"],
            row["creator"],
            row["taskType"],
            schemas.build(row, self._snapshot),
            [p for p in self._snapshot["prices"] if p["model"] == air],
        )


@cache
def bundled() -> Catalog:
    """Return the catalogue that comes with the package."""
    return Catalog(json.loads(SNAPSHOT.read_text()))
