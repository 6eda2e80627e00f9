"""Models: found by AIR or slug, from the bundled snapshot and what the public services told since.

The snapshot is read once, at first use (about 5 ms); each model is made when it is first asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, overload

from runware_nb.api import wire
from runware_nb.catalog import schemas
from runware_nb.catalog.news import LIVE, UNLISTED, UNTOLD, Facts, News
from runware_nb.errors import UnknownName
from runware_nb.reprs import Drawn

SNAPSHOT: Final = Path(__file__).with_name("snapshot.json")
_NEAREST: Final = 5


@dataclass(frozen=True)
class Model(Drawn):
    """One model of the curated list. As text it is its AIR, so that `model=rw.models["bfl-flux-1-dev"]` does.

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
    facts
        What the content service tells of it; made of its slug and schema where it told nothing.
    fresh
        Whether its schema is the service's own, and not the snapshot's.
    """

    air: str
    slug: str
    creator: str
    task_type: str
    schema: Mapping[str, Any]
    prices: Sequence[Mapping[str, Any]]
    facts: Facts = UNTOLD
    fresh: bool = False

    def __str__(self) -> str:
        return self.air

    def takes(self, path: str) -> bool:
        """Tell whether its tasks may have a (dotted) wire parameter."""
        return path.partition(".")[0] in self.schema["properties"]

    def requires(self, path: str) -> bool:
        """Tell whether its tasks must have a (dotted) wire parameter's root."""
        return path.partition(".")[0] in self.schema["required"]

    @property
    def name(self) -> str:
        """Its name as people write it."""
        return self.facts.name or self.slug.replace("-", " ").title()

    @property
    def status(self) -> str:
        """`live`, `coming-soon`, `deprecated` and the like; `unlisted` for one that the registry no longer has."""
        return self.facts.status

    @property
    def capabilities(self) -> tuple[str, ...]:
        """What it can do, as the content service names it: `io:text-to-image`, `op:upscale`."""
        return self.facts.capabilities or (wire_capability(self.task_type),)

    @property
    def lowest_price(self) -> float | None:
        """The lowest price known of it in USD, for whatever unit; None if none is."""
        return min((float(row["usd"]) for row in self.prices), default=None)

    @property
    def documentation(self) -> str:
        """Its page in the docs."""
        return f"https://runware.ai/docs/models/{self.slug}"


class Catalog(Sequence[Model]):
    """All models of a snapshot, in the order of their AIRs, and after them those that are newer.

    Parameters
    ----------
    snapshot
        What `build` made.
    news
        What the public services told since; None for the snapshot alone.
    """

    def __init__(self, snapshot: Mapping[str, Any], news: News | None = None) -> None:
        self._snapshot = snapshot
        self.news = news
        self._rows: dict[str, Mapping[str, Any]] = {row["air"]: row for row in snapshot["models"]}
        for air, (task_type, slug) in (news.listed if news else {}).items():
            if air not in self._rows:
                self._rows[air] = {"air": air, "slug": slug, "creator": "", "taskType": task_type, "params": None}
        self._airs = list(self._rows)
        self._made: dict[str, Model] = {}

    def with_news(self, news: News | None) -> Catalog:
        """Return the same snapshot with other news."""
        return Catalog(self._snapshot, news)

    @property
    def version(self) -> str:
        """Version of the schemas, a UTC time as `YYYYMMDDhhmmss`."""
        return self.news.version if self.news else self.snapshot_version

    @property
    def snapshot_version(self) -> str:
        """Version of the snapshot that came with the package, likewise."""
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

    def named(self, task_type: str | None = None) -> Iterator[tuple[str, str]]:
        """Give slug and AIR of each model, or of those of a task type. Makes no model, so it takes no time."""
        for air, row in self._rows.items():
            if task_type in {None, row["taskType"]}:
                yield row["slug"], air

    def get(self, name: str | None) -> Model | None:
        """Find a model by AIR or slug; None for others, such as community models, which only the API knows."""
        air = self.names.get(name or "")
        return self._model(air) if air else None

    def resolve(self, name: str) -> str:
        """Turn a slug, an AIR or a unique part of one into an AIR. Unknown AIRs pass: the API may know them.

        Raises
        ------
        UnknownName
            For a name that is neither, with the five nearest.
        """
        if name in self.names:
            return self.names[name]
        if ":" in name and "@" in name:
            return name
        holding = {air for known, air in self.names.items() if name.lower() in known.lower()}
        if len(holding) == 1:
            return holding.pop()
        near = sorted((self._rows[air]["slug"] for air in holding), key=len)[:_NEAREST]
        hint = f"{len(holding)} models have that in their name: {', '.join(near)}…" if near else ""
        raise UnknownName(
            "model",
            name[:60],
            self.names,
            hint or "Any AIR may be given, listed or not; it looks like runware:101@1.",
            most=_NEAREST,
        )

    def _model(self, air: str) -> Model:
        made = self._made.get(air)
        if made is None:
            made = self._made[air] = self._of(air)
        return made

    @cached_property
    def makers(self) -> Sequence[str]:
        """Who made models, by their short names."""
        return sorted({row["creator"] for row in self._snapshot["models"]})

    def _maker(self, row: Mapping[str, Any]) -> str:
        """Return who made a model. Many that Runware serves by itself are named after their makers in the slug."""
        creator = str(row["creator"])
        first = str(row["slug"]).partition("-")[0]
        return first if creator in {"", "runware"} and first in self.makers else creator

    def _of(self, air: str) -> Model:
        row, news = self._rows[air], self.news
        model = Model(
            air,
            row["slug"],
            self._maker(row),
            row["taskType"],
            schemas.build(row, self._snapshot),
            [p for p in self._snapshot["prices"] if p["model"] == air],
        )
        return model if news is None else _told(model, news)


def _told(model: Model, news: News) -> Model:
    """Put what the services told in place of what the snapshot says."""
    facts = news.facts.get(model.air, UNTOLD)
    if model.air not in news.listed:
        facts = replace(facts, status=UNLISTED if facts.status == LIVE else facts.status)
    schema, prices = news.page(model.air, model.slug, model.task_type)
    return replace(
        model,
        creator=facts.creator or model.creator or model.air.partition(":")[0],
        schema=model.schema if schema is None else schema,
        prices=prices or model.prices or facts.prices,
        facts=facts,
        fresh=schema is not None,
    )


_CAPABILITIES: Final[Mapping[str, str]] = {
    "imageInference": "io:text-to-image",
    "videoInference": "io:text-to-video",
    "audioInference": "io:text-to-audio",
    "3dInference": "io:text-to-3d",
    "textInference": "io:text-to-text",
    "removeBackground": "op:remove-background",
    "imageMasking": "op:masking",
    "controlNetPreprocess": "op:controlnet-preprocess",
    "promptEnhance": "op:prompt-enhance",
}


def wire_capability(task_type: str) -> str:
    """Return the one capability that a task type is sure of."""
    return _CAPABILITIES.get(task_type, f"op:{wire.BY_NAME[task_type].name}")


@cache
def bundled() -> Catalog:
    """Return the catalogue that comes with the package."""
    return Catalog(json.loads(SNAPSHOT.read_text()))
