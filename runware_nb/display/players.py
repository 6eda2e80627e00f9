"""Players: how a page shows the file of a result, and how it looks on paper.

A file up to its medium's limit travels inside the notebook, so that it plays with no folder and no kernel; a larger
one is linked, with a still inside. One function a medium, in `_PLAYERS`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from runware_nb.api.results import Asset, Result
from runware_nb.display import figures, posters, previews, waveforms
from runware_nb.display.links import data_uri, file_href
from runware_nb.media import MEDIA, format_of, medium_of

_RUN_BUDGET: Final = 6_000_000
"""Bytes of files that one output carries inside, all told: GitHub gives up on notebooks that are much larger."""
_BASE64_LIMIT: Final = 40_000_000


class Budget:
    """Bytes that an output may still carry inside."""

    def __init__(self, left: int = _RUN_BUDGET) -> None:
        self._left = left

    def grants(self, count: int) -> bool:
        """Take bytes from what is left, if there are as many."""
        if count > self._left:
            return False
        self._left -= count
        return True


@dataclass(frozen=True, slots=True)
class Player:
    """One file on a page.

    Parameters
    ----------
    element
        What shows it; None when only its facts can be shown.
    src
        A data URI, or a relative link.
    still
        Data URI of a picture: a poster, or a waveform above the controls.
    href
        Where a click on the picture leads.
    width, height, duration, frame_rate
        What was learnt of the file: pixels, seconds, frames a second.
    see_through
        Whether it has transparent places, to be shown as such.
    about
        Further facts in words.
    page
        MIME type and bytes of a small picture for front ends without HTML.
    """

    element: Literal["img", "video", "audio"] | None = None
    src: str | None = None
    still: str | None = None
    href: str | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    frame_rate: float | None = None
    see_through: bool = False
    about: tuple[str, ...] = ()
    page: tuple[str, bytes] | None = None


def player(asset: Asset, *, edge: int = previews.CARD_EDGE, budget: Budget | None = None) -> Player:
    """Return how to show a file: an empty player when it is missing or not what it claims to be."""
    path = _existing(asset.path)
    if path is None:
        return _from_data(asset, edge)
    show = _PLAYERS.get(asset.medium)
    return show(path, edge, budget or Budget()) if show else Player()


def prepare(result: Result) -> None:
    """Make the pictures that cards of a result want, each once a file. For a thread: it takes tens of milliseconds."""
    if result.wire.get("NSFWContent") is True:
        return
    for asset in result.assets:
        player(asset, edge=previews.TILE_EDGE)
        if asset.medium == "image" and asset.path:
            previews.preview(asset.path, previews.CARD_EDGE)
            previews.preview(asset.path, previews.LIVE_EDGE)


def _existing(path: object) -> Path | None:
    try:
        return path if isinstance(path, Path) and path.is_file() else None
    except (OSError, ValueError):
        return None


def _from_data(asset: Asset, edge: int) -> Player:
    """Show a picture that came as base64 and was not kept."""
    if asset.medium != "image" or not isinstance(asset.data, str) or len(asset.data) > _BASE64_LIMIT:
        return Player()
    try:
        raw = base64.b64decode(asset.data.partition(",")[2] if asset.data.startswith("data:") else asset.data)
    except (binascii.Error, ValueError):
        return Player()
    found = previews.opened(raw, edge)
    if found is None:
        return Player()
    image, (width, height) = found
    small = previews.reduced(image.copy(), previews.PAGE_EDGE)
    data, mime = previews.paged(small)
    still = data_uri(previews.webp(image, 60_000), "image/webp")
    return Player("img", still, width=width, height=height, see_through=mime == "image/png", page=(mime, data))


def _image(path: Path, edge: int, budget: Budget) -> Player:  # noqa: ARG001 - a preview is always inside
    picture = previews.preview(path, edge)
    if picture is None:
        return Player(about=("no preview",))
    page = previews.page_picture(path)
    return Player(
        "img",
        data_uri(picture.data, picture.mime),
        href=file_href(path),
        width=picture.full_width,
        height=picture.full_height,
        see_through=picture.see_through,
        page=(page.mime, page.data) if page else None,
    )


def _vector(path: Path, edge: int, budget: Budget) -> Player:  # noqa: ARG001 - drawings have no size of their own
    src = _source(path, "vector", budget)
    # No link to the file: opened by itself, and not in an <img>, a drawing may run script.
    return Player("img", src) if src else Player()


def _video(path: Path, edge: int, budget: Budget) -> Player:  # noqa: ARG001 - posters have one size
    src = _source(path, "video", budget)
    still = posters.video_poster(path) if src else None
    if src is None or still is None:
        return Player("video", src) if src else Player()
    return Player(
        "video",
        src,
        data_uri(still.card, "image/webp"),
        width=still.width,
        height=still.height,
        duration=still.duration,
        frame_rate=still.frame_rate,
        page=(still.page_mime, still.page),
    )


def _audio(path: Path, edge: int, budget: Budget) -> Player:  # noqa: ARG001 - waveforms have one size
    src = _source(path, "audio", budget)
    sound = waveforms.sound_of(path) if src else None
    if src is None or sound is None:
        return Player("audio", src) if src else Player()
    wave = waveforms.drawn(sound)
    rate = f"{sound.rate / 1000:g} kHz" if sound.rate else ""
    return Player(
        "audio",
        src,
        data_uri(wave, "image/png"),
        duration=sound.duration,
        about=(rate,) if rate else (),
        page=("image/png", wave),
    )


def _mesh(path: Path, edge: int, budget: Budget) -> Player:  # noqa: ARG001 - posters have one size
    poster = posters.mesh_poster(path)
    about = f"{poster.triangles:,} triangles" if poster.triangles else poster.note
    kind = path.suffix.lstrip(".").lower()
    return Player(
        "img",
        data_uri(poster.card, "image/webp"),
        href=file_href(path),
        about=tuple(figures.shortened(a, 40) for a in (kind, about) if a),
        page=(poster.page_mime, poster.page),
    )


_PLAYERS: Final[dict[str, Callable[[Path, int, Budget], Player]]] = {
    "image": _image,
    "vector": _vector,
    "video": _video,
    "audio": _audio,
    "3d": _mesh,
}


def _source(path: Path, medium: str, budget: Budget) -> str | None:
    """Return what `src` is to say: the file itself if it is small, else its place. None if its bytes disagree."""
    try:
        with path.open("rb") as file:
            head = file.read(512)
        known = format_of(head)
        # An MP4 may hold sound alone: it is played by what the result says it is.
        if known is None or medium_of(known).name not in {medium, "video" if medium == "audio" else medium}:
            return None
        count = path.stat().st_size
        if count <= MEDIA[medium].embed_limit and budget.grants(count):
            return data_uri(path.read_bytes(), known.mime)
    except OSError:
        return None
    return file_href(path)
