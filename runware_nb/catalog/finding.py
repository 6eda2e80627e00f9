"""Finding models: by words, by what they make and take, by maker, by price. No network, a few milliseconds.

`search` and `refresh` alone go out, and only when called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, overload

from runware_nb.api import wire
from runware_nb.catalog.community import Community
from runware_nb.catalog.models import Catalog, Model, bundled
from runware_nb.errors import UnknownName, UsageError
from runware_nb.reprs import Drawn

_TAKES: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    ("picture", frozenset({"image", "images", "seedImage", "referenceImages"})),
    ("mask", frozenset({"mask", "maskImage"})),
    ("first or last frame", frozenset({"frameImages"})),
    ("video", frozenset({"video", "videos", "referenceVideos"})),
    ("audio", frozenset({"audio", "audios", "referenceAudios"})),
    ("mesh", frozenset({"meshFile"})),
    ("LoRA", frozenset({"lora"})),
    ("ControlNet", frozenset({"controlNet"})),
    ("tools", frozenset({"tools"})),
    ("JSON schema", frozenset({"jsonSchema"})),
    ("negative prompt", frozenset({"negativePrompt"})),
    ("seed", frozenset({"seed"})),
    ("voice", frozenset({"speech"})),
)
"""What a model takes besides words, and the wire parameters that tell so."""


_SHOWN: Final = frozenset({"live", "coming-soon", "deprecated"})
"""Statuses of models that are listed unasked; the official SDK hides the others too."""


class Online(Protocol):
    """What goes out for the catalogue. The doors give one."""

    async def search(self, words: str, **asked: Any) -> Community:
        """Ask the API for models, its community's among them."""

    async def refresh(self, airs: Iterable[str]) -> str:
        """Ask the public services for all that is new."""

    @property
    def told(self) -> str:
        """Which catalogue serves and how old it is."""


@dataclass(frozen=True, eq=False, repr=False)
class Models(Drawn, Sequence[Model]):
    """Models of the catalogue. Calling it finds those that fit: `rw.models("flux", kind="image", max_price=0.01)`.

    `rw.models["bfl-flux-1-dev"]` is one model, `rw.models.df` a table of all.

    Parameters
    ----------
    source
        Gives the catalogue they are of.
    fits
        Tells whether a model is among them.
    asked
        In words, what was asked for.
    online
        What goes out for it; None for what is here alone.
    """

    source: Callable[[], Catalog] = bundled
    fits: Callable[[Model], bool] = field(default=lambda _: True)
    asked: str = ""
    online: Online | None = None
    _kept: list[tuple[Catalog, tuple[Model, ...]]] = field(default_factory=list, init=False)

    def __call__(
        self,
        words: str = "",
        *,
        kind: str | None = None,
        creator: str | None = None,
        takes: str | None = None,
        capability: str | None = None,
        status: str | None = None,
        max_price: float | None = None,
    ) -> Models:
        """Find models.

        Parameters
        ----------
        words
            All must be in the name, slug, AIR, maker, kind, or what it takes.
        kind
            What it makes, as typed after `%%runware`: `"video"`.
        creator
            Who made it: `"bfl"`.
        takes
            What it takes besides words: `"picture"`, `"mask"`, `"LoRA"`, `"first or last frame"`, or the name of a
            parameter.
        capability
            What it can do, whole or in part, as the content service names it: `"io:text-to-image"`, `"upscale"`.
        status
            `"live"`, `"coming-soon"`, `"deprecated"`, `"compatible-only"`, `"unlisted"`, or `"all"`. The first three,
            if not given.
        max_price
            USD: the lowest known price, for whatever unit, is at most this. Unknown prices are left out.

        Raises
        ------
        UnknownName
            For a kind that there is not.
        """
        if kind is not None and kind not in wire.BY_KIND:
            raise UnknownName("kind", kind[:40], wire.BY_KIND)
        several = words.lower().split()

        def fits(model: Model) -> bool:
            return (
                self.fits(model)
                and (not several or _has_all(model, several))
                and (status is None or status in {"all", model.status})
                and (capability is None or any(capability.lower() in able for able in model.capabilities))
                and (kind is None or kind_of(model) == kind)
                and (creator is None or model.creator.lower() == creator.lower())
                and (takes is None or _takes(model, takes))
                and (max_price is None or (model.lowest_price is not None and model.lowest_price <= max_price))
            )

        parts = (self.asked, words, kind, creator, takes, capability, status)
        fitting = fits if status else _shown(fits)
        return Models(self.source, fitting, " ".join(part for part in parts if part), self.online)

    @property
    def found(self) -> tuple[Model, ...]:
        """The models: found once for each catalogue that comes into force."""
        catalog = self.source()
        if not self._kept or self._kept[0][0] is not catalog:
            self._kept[:] = [(catalog, tuple(model for model in catalog if self.fits(model)))]
        return self._kept[0][1]

    @property
    def told(self) -> str:
        """Which catalogue serves, and how old it is."""
        return self.online.told if self.online else f"{len(self.source())} models: the snapshot of the package"

    async def search(
        self,
        words: str = "",
        *,
        category: str | None = None,
        source: str | None = None,
        architecture: str | None = None,
        visibility: str | None = None,
        sort: str | None = None,
        limit: int = 20,
        offset: int = 0,
    ) -> Community:
        """Ask the API for models: checkpoints, LoRAs and more of its community, and your own. Free, one request.

        Parameters
        ----------
        words
            What to look for.
        category
            `"checkpoint"`, `"lora"`, `"lycoris"`, `"vae"` or `"embeddings"`.
        source
            `"official"` or `"community"`.
        architecture
            Such as `"sdxl"` or `"flux-1-dev"`: a LoRA fits models of its own architecture.
        visibility
            `"public"`, `"private"`, `"favorite"` or `"owned"`.
        sort
            `"popularity"`, `"name"`, `"addedUnixTimestamp"` or `"updatedDateUnixTimestamp"`, with a leading `-` to turn
            it round; else by likeness.
        limit
            How many, 1 to 100.
        offset
            How many to leave out first.

        Raises
        ------
        UsageError
            For a value that is none of these.
        ApiError, Unreachable
            When the API did not answer.
        """
        if self.online is None:
            raise UsageError("this catalogue asks nobody: use runware_nb.models.search.")
        given = {"category": category, "source": source, "architecture": architecture, "visibility": visibility}
        asked = {k: v for k, v in {**given, "sort": sort}.items() if v is not None}
        return await self.online.search(words, **asked, limit=limit, offset=offset)

    async def refresh(self, *names: str) -> str:
        """Ask the public services for all that is new, and say which catalogue serves now. Free; at most 10 s.

        Parameters
        ----------
        *names
            Models whose schema and prices are asked for, too.
        """
        if self.online is None:
            raise UsageError("this catalogue asks nobody: use runware_nb.models.refresh.")
        return await self.online.refresh([self[name].air for name in names])

    @overload
    def __getitem__(self, index: int | str) -> Model: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Model]: ...
    def __getitem__(self, index: int | str | slice) -> Model | Sequence[Model]:
        """Return a model by its place, its slug, its AIR, or a part of one that only it has."""
        if not isinstance(index, str):
            return self.found[index]
        catalog = self.source()
        model = catalog.get(catalog.resolve(index))
        if model is None:
            raise UsageError(f"{index[:60]} is not in the catalogue; the API may know it all the same.")
        return model

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[Model]:
        return iter(self.found)

    def __bool__(self) -> bool:
        return bool(self.found)

    def __repr__(self) -> str:
        return f"<Models: {len(self)}{f' for {self.asked!r}' if self.asked else ''}, of {self.told}>"

    @property
    def df(self) -> Any:
        """A pandas DataFrame, a row a model: slug, air, kind, creator, takes, price_usd (the lowest), unit, docs."""
        from importlib import import_module

        return import_module("runware_nb.compare.frames").models_frame(self.found)


def _shown(fits: Callable[[Model], bool]) -> Callable[[Model], bool]:
    return lambda model: model.status in _SHOWN and fits(model)


def _has_all(model: Model, words: Sequence[str]) -> bool:
    about = f"{model.slug} {model.air} {model.name} {model.creator} {kind_of(model)} {' '.join(taken(model))}".lower()
    return all(word in about for word in words)


def kind_of(model: Model) -> str:
    """Return what a model makes, as typed after `%%runware`."""
    return wire.BY_NAME[model.task_type].kind


def taken(model: Model) -> list[str]:
    """Return what a model takes besides words."""
    properties = model.schema["properties"]
    names = {*properties, *properties.get("inputs", {}).get("properties", {})}
    return [word for word, parameters in _TAKES if names & parameters]


def _takes(model: Model, what: str) -> bool:
    named = wire.to_wire(what)
    inputs = model.schema["properties"].get("inputs", {}).get("properties", {})
    return what.lower() in [word.lower() for word in taken(model)] or model.takes(named) or named in inputs
