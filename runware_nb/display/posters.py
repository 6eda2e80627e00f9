"""Posters: a still of what a page does not show at rest. Video frames need PyAV; meshes are drawn here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from runware_nb.display import meshes, previews
from runware_nb.display.glb import BadMesh, Mesh
from runware_nb.media import format_of

if TYPE_CHECKING:
    from PIL.Image import Image

_DEMUXERS: Final = {"mp4": "mov", "mov": "mov", "webm": "matroska", "mkv": "matroska"}
_FRAMES: Final = 30
"""Frames looked at for one that is not blank: films fade in."""
_PLAIN: Final = 12
"""Spread of brightness (0 to 255) below which a frame counts as blank."""
_EDGE: Final = 480


@dataclass(frozen=True, slots=True)
class Poster:
    """A still: WebP for the card, JPEG or PNG for a page, and what was learnt on the way."""

    card: bytes
    page: bytes
    page_mime: str
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    frame_rate: float | None = None
    triangles: int | None = None
    note: str | None = None


def video_poster(path: Path) -> Poster | None:
    """Return the first frame that shows something, at most 480 px; None without PyAV or for a broken file."""
    return _cached(path, "video")


def mesh_poster(path: Path) -> Poster:
    """Return a drawing of a mesh seen from the front right; a plain cube where it cannot be read."""
    return _cached(path, "mesh") or _stand_in("not drawn")


def _cached(path: Path, kind: str) -> Poster | None:
    try:
        stat = path.stat()
    except (OSError, ValueError):
        return None
    return _made(str(path), kind, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _made(path: str, kind: str, mtime: int, size: int) -> Poster | None:  # noqa: ARG001 - keys of the cache
    try:
        return _of_video(path) if kind == "video" else _of_mesh(Path(path), size)
    except BadMesh as problem:
        return _stand_in(str(problem))
    except Exception:  # noqa: BLE001 - broken files raise anything; a card without a still is still a card
        return None


def _encoded(image: Image, **facts: Any) -> Poster:
    small = image.copy()
    small.thumbnail((previews.PAGE_EDGE, previews.PAGE_EDGE))
    page, mime = previews.paged(small)
    return Poster(previews.webp(image, 40_000), page, mime, **facts)


def _of_video(path: str) -> Poster | None:
    """Read frames with PyAV. The reader is named from the first bytes, so that no playlist is ever followed."""
    import av

    with Path(path).open("rb") as file:
        known = format_of(file.read(512))
        file.seek(0)
        if known is None or known.extension not in _DEMUXERS:
            return None
        with av.open(file, "r", format=_DEMUXERS[known.extension]) as box:
            stream = box.streams.video[0]
            if not 0 < stream.width * stream.height <= previews.MAX_PIXELS:
                return None
            duration = box.duration / av.time_base if box.duration else None
            rate = float(stream.average_rate) if stream.average_rate else None
            image = _first_that_shows(box.decode(stream))
            if image is None:
                return None
            return _encoded(image, width=stream.width, height=stream.height, duration=duration, frame_rate=rate)


def _first_that_shows(frames: Any) -> Image | None:
    chosen = None
    for n, frame in enumerate(frames):
        scale = min(1.0, _EDGE / max(frame.width, frame.height))
        image = frame.to_image(width=max(1, round(frame.width * scale)), height=max(1, round(frame.height * scale)))
        dark, bright = image.convert("L").getextrema()
        chosen = chosen or image
        if bright - dark > _PLAIN:
            return image  # type: ignore[no-any-return]
        if n + 1 >= _FRAMES:
            break
    return chosen


def _of_mesh(path: Path, size: int) -> Poster:
    if size > meshes.MAX_BYTES:
        raise BadMesh("too large to draw")
    mesh = Mesh.read(path.read_bytes())
    return _encoded(meshes.drawn(mesh), triangles=len(mesh.triangles))


@lru_cache(maxsize=8)
def _stand_in(note: str) -> Poster:
    """Draw a cube in outline, for a mesh that cannot be drawn."""
    from PIL import Image, ImageDraw

    edge, middle, radius = 768, 384, 190
    image = Image.new("RGBA", (edge, edge), (128, 128, 128, 0))
    corners = [(0, -1), (0.87, -0.5), (0.87, 0.5), (0, 1), (-0.87, 0.5), (-0.87, -0.5)]
    outer = [(middle + radius * x, middle + radius * y) for x, y in corners]
    pen = ImageDraw.Draw(image)
    for face, alpha in (((0, 1, 6, 5), 60), ((1, 2, 3, 6), 110), ((5, 6, 3, 4), 85)):
        pen.polygon([[*outer, (middle, middle)][n] for n in face], fill=(128, 128, 128, alpha))
    for face in ((0, 1, 6, 5), (1, 2, 3, 6), (5, 6, 3, 4)):
        ring = [[*outer, (middle, middle)][n] for n in face]
        pen.line([*ring, ring[0]], fill=(128, 128, 128, 255), width=8, joint="curve")
    return _encoded(image.resize((384, 384)), note=note)
