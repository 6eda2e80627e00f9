"""Finding models: by words, by what they make and take, by maker, by price. No network, a few milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, overload

from runware_nb.api import wire
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
    """

    source: Callable[[], Catalog] = bundled
    fits: Callable[[Model], bool] = field(default=lambda _: True)
    asked: str = ""

    def __call__(
        self,
        words: str = "",
        *,
        kind: str | None = None,
        creator: str | None = None,
        takes: str | None = None,
        max_price: float | None = None,
    ) -> Models:
        """Find models.

        Parameters
        ----------
        words
            All must be in the slug, AIR, maker, kind, or what it takes.
        kind
            What it makes, as typed after `%%runware`: `"video"`.
        creator
            Who made it: `"bfl"`.
        takes
            What it takes besides words: `"picture"`, `"mask"`, `"LoRA"`, `"first or last frame"`, or the name of a
            parameter.
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
            told = f"{model.slug} {model.air} {model.creator} {kind_of(model)} {' '.join(taken(model))}".lower()
            return (
                self.fits(model)
                and all(word in told for word in several)
                and (kind is None or kind_of(model) == kind)
                and (creator is None or model.creator.lower() == creator.lower())
                and (takes is None or _takes(model, takes))
                and (max_price is None or (model.lowest_price is not None and model.lowest_price <= max_price))
            )

        return Models(self.source, fits, " ".join(part for part in (self.asked, words, kind, creator, takes) if part))

    @cached_property
    def found(self) -> tuple[Model, ...]:
        """The models."""
        return tuple(model for model in self.source() if self.fits(model))

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
        return f"<Models: {len(self)}{f' for {self.asked!r}' if self.asked else ''}>"

    @property
    def df(self) -> Any:
        """A pandas DataFrame, a row a model: slug, air, kind, creator, takes, price_usd (the lowest), unit, docs."""
        from importlib import import_module

        return import_module("runware_nb.compare.frames").models_frame(self.found)


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
