"""Result: one item that a task made, and the assets in it. Liberal in what it reads.

Media are found by the ending of a field (`imageURL`, `maskImageBase64Data`, `audioDataURI`) or in
`outputs.files`; so a new result field needs no code here. An item's identity is its `resultIndex`, else
the UUID of its media, never its URL, which may be signed anew at each poll.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import urlsplit

from runware_nb import errors
from runware_nb.api.tasks import Task
from runware_nb.api.verbs import Verbs
from runware_nb.media import MEDIA, format_named, medium_of
from runware_nb.reprs import Drawn

_ENDINGS: Final = ("URL", "Base64Data", "DataURI")
_IDENTITIES: Final = (
    "imageUUID", "videoUUID", "audioUUID", "modelUUID", "maskImageUUID", "guideImageUUID", "mediaUUID",
)  # fmt: skip
_DEAREST: Final = 1e9
"""USD above which a price makes no sense."""
_TERMINAL: Final = frozenset({"text", "structuredData", "outputs", "air", "result"})


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of a result.

    Parameters
    ----------
    medium
        Name of its medium.
    field
        Wire field it came in, such as `"imageURL"` or `"outputs.files"`.
    uuid
        Media UUID, usable as an input of later tasks while the API keeps it.
    url
        Where the API serves it, for 7 days unless `ttl` says otherwise.
    data
        Base64 text or a data URI, when that was asked for in place of a URL.
    path
        Where it is kept on this machine; None until it is kept.
    bytes, width, height, duration
        Facts of the kept file: bytes, pixels, pixels, seconds. None where unknown.
    problem
        Why it could not be kept.
    stored
        Address it is copied to as well, where `out_dir` is one.
    """

    medium: str
    field: str
    uuid: str | None = None
    url: str | None = None
    data: str | None = dataclasses.field(default=None, repr=False)
    path: Path | None = None
    bytes: int | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    problem: str | None = None
    stored: str | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Result(Drawn, Verbs, Mapping[str, Any]):
    """One item: a picture, a clip, a track, a mesh or a text, with what is known of it.

    Reads like the wire as well: `result["imageURL"]`, `result.get("NSFWContent")`.

    Parameters
    ----------
    task
        What was asked.
    index
        Its place among the results of the task, from 0.
    wire
        The item as the API sent it, unknown fields included. Base64 data is taken out once it is kept.
    assets
        Its files, in the order of the wire.
    latency
        Seconds from sending the task to the arrival of the item.
    sandbox
        Whether the sandbox made it: then it is a sample and its cost is play money.
    cached
        Whether it was here already: then it cost nothing this time.
    """

    task: Task
    index: int
    wire: Mapping[str, Any]
    assets: tuple[Asset, ...] = ()
    latency: float | None = None
    sandbox: bool = False
    cached: bool = False

    @classmethod
    def of(
        cls,
        task: Task,
        index: int,
        item: Mapping[str, Any],
        *,
        latency: float | None = None,
        sandbox: bool = False,
    ) -> Result:
        """Read an item of the API."""
        return cls(task, index, dict(item), tuple(_assets(task, item)), latency, sandbox)

    def __getitem__(self, key: str) -> Any:
        return self.wire[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.wire)

    def __len__(self) -> int:
        return len(self.wire)

    def __repr__(self) -> str:
        facts = [self.medium, self.model or "", f"seed {self.seed}" if self.seed is not None else ""]
        where = str(self.path) if self.path else (self.text or "")[:60]
        return f"<{'sandbox ' if self.sandbox else ''}{' · '.join(f for f in [*facts, where] if f)}>"

    @property
    def medium(self) -> str:
        """The medium of its first asset, else text."""
        return self.assets[0].medium if self.assets else "text"

    @property
    def asset(self) -> Asset | None:
        """Its first file; None for text."""
        return self.assets[0] if self.assets else None

    @property
    def path(self) -> Path | None:
        """Where its first file is kept on this machine."""
        return self.asset.path if self.asset else None

    @property
    def url(self) -> str | None:
        """Where the API serves its first file, while it keeps it."""
        return self.asset.url if self.asset else None

    @property
    def uuid(self) -> str | None:
        """Media UUID of its first file."""
        return self.asset.uuid if self.asset else None

    @property
    def model(self) -> str | None:
        """AIR of the model asked."""
        return self.task.model

    @property
    def prompt(self) -> str | None:
        """The words it was asked with."""
        return self.task.prompt

    @property
    def text(self) -> str | None:
        """What was written, for text results."""
        text = self.wire.get("text")
        return text if isinstance(text, str) else None

    @property
    def seed(self) -> int | None:
        """The seed the API says it used."""
        return seed_in(self.wire.get("seed"))

    @property
    def cost(self) -> float | None:
        """What it cost in USD, which is nothing from the cache, else its price (play money in the sandbox)."""
        return 0.0 if self.cached else self.price

    @property
    def saved(self) -> float | None:
        """USD that the cache saved."""
        return self.price if self.cached else 0.0

    @property
    def price(self) -> float | None:
        """Price in USD as the API gave it; None when it gave none that makes sense."""
        return price_in(self.wire.get("cost"))

    def keeping(self, assets: tuple[Asset, ...]) -> Result:
        """Return the result with its assets as kept, and without the base64 they came in."""
        slim = {k: v for k, v in self.wire.items() if not k.endswith(("Base64Data", "DataURI"))}
        return replace(self, wire=slim, assets=tuple(replace(a, data=None if a.path else a.data) for a in assets))


def seed_in(told: Any) -> int | None:
    """Return what the API told as a seed, if it is one."""
    return told if isinstance(told, int) and not isinstance(told, bool) else None


def price_in(told: Any) -> float | None:
    """Return what the API told as a price in USD, if it makes sense."""
    if isinstance(told, bool) or not isinstance(told, (int, float)) or not 0 <= told <= _DEAREST:
        return None
    return float(told)


def _assets(task: Task, item: Mapping[str, Any]) -> Iterator[Asset]:
    """Find the files of an item by the endings of its fields, then in `outputs.files`."""
    for key, value in item.items():
        if not isinstance(value, str) or not value or not (known := _file_in(key)):
            continue
        medium, uuid, is_url = known
        if medium == "image" and task.type and task.type.medium == "vector":
            medium = "vector"
        url, data = (value, None) if is_url else (None, value)
        yield Asset(medium, key, uuid=_text(item.get(uuid)), url=url, data=data)
    outputs = item.get("outputs")
    files = outputs.get("files") if isinstance(outputs, Mapping) else None
    for file in files if isinstance(files, list) else []:
        if isinstance(file, Mapping) and (url := _text(file.get("url") or file.get("fileURL"))):
            yield Asset(_medium_of_url(url, task), "outputs.files", uuid=_text(file.get("uuid")), url=url)


@lru_cache(maxsize=256)
def _file_in(key: str) -> tuple[str, str, bool] | None:
    """Tell of a field that holds a file: its medium, the field of its UUID, and whether it holds a URL, or data."""
    ending = next((e for e in _ENDINGS if key.endswith(e)), None)
    if ending is None:
        return None
    prefix = key.removesuffix(ending)
    medium = next((m.name for m in MEDIA.values() if prefix in m.wire_prefixes), None)
    return (medium, f"{prefix}UUID", ending == "URL") if medium else None


def _medium_of_url(url: str, task: Task) -> str:
    """Guess a file's medium from its extension, else from what the task gives."""
    try:
        known = format_named(PurePosixPath(urlsplit(url).path).suffix)
    except ValueError:
        known = None
    return medium_of(known).name if known else (task.type.medium if task.type else "3d")


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def is_finished(item: Mapping[str, Any]) -> bool:
    """Tell whether an item is a result, not an acknowledgement or a progress report.

    It is when its status says so, or when it carries media, text or outputs. A media UUID alone does not count.
    """
    if item.get("status") == "success":
        return True
    if item.get("status") in ("processing", "error"):  # a tuple: what is sent as a status may be unhashable
        return False
    return any(v is not None and (k in _TERMINAL or k.endswith(_ENDINGS)) for k, v in item.items())


def identity(item: Mapping[str, Any], position: int) -> str:
    """Tell one item of a task from another, over polls that repeat them.

    Items without an index or media UUID (text, enhanced prompts) are told apart by their position.
    """
    index = item.get("resultIndex")
    if isinstance(index, int):
        return f"#{index}"
    media = next((item[k] for k in _IDENTITIES if isinstance(item.get(k), str)), None)
    return str(media) if media else f"#{position}"


@dataclass(frozen=True, slots=True)
class Frame:
    """One answer of the API, taken apart: what was made or reported, and what went wrong."""

    items: tuple[Mapping[str, Any], ...]
    problems: tuple[errors.ApiError, ...]

    @classmethod
    def read(cls, payload: Any, status: int | None = None) -> Frame:
        """Read an answer in any of its forms.

        `data` may be a list or one object; errors may stand in `errors`, in `error` (object, list or text), or
        in an item of `data` whose status is `"error"`. An empty `errors` is no error.
        """
        if isinstance(payload, list):
            payload = {"data": payload}
        if not isinstance(payload, Mapping):
            return cls((), ())
        data = payload.get("data")
        items = [i for i in (data if isinstance(data, list) else [data]) if isinstance(i, Mapping)]
        wrong: list[Mapping[str, Any]] = [i for i in items if i.get("status") == "error"]
        if not wrong and not payload.get("errors") and not payload.get("error"):
            return cls(tuple(items), ())
        for key in ("errors", "error"):
            value = payload.get(key)
            listed = value if isinstance(value, list) else [value] if value else []
            outer = {k: payload[k] for k in ("taskUUID", "taskType") if k in payload}
            wrong += [{**outer, **e} if isinstance(e, Mapping) else {**outer, "message": str(e)} for e in listed]
        return cls(
            tuple(i for i in items if i.get("status") != "error"),
            tuple(errors.from_wire(e, status) for e in wrong),
        )
