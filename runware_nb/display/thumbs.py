"""Thumbs: a small picture of a result, whatever its medium, as bytes. For places that show hundreds of them."""

from __future__ import annotations

from dataclasses import dataclass

from runware_nb.api.results import Result
from runware_nb.display import posters, previews, waveforms


@dataclass(frozen=True, slots=True)
class Thumb:
    """A picture of a few kilobytes."""

    data: bytes
    mime: str


def thumb(result: Result, edge: int = previews.LIVE_EDGE) -> Thumb | None:
    """Return a picture of a result: itself, a frame, a waveform, a drawing of the mesh.

    None for text, for drawings (which are small themselves), for what is flagged, and for what cannot be read.

    Parameters
    ----------
    result
        With its files on this machine.
    edge
        Pixels of the longer side: one of `previews`' sizes.
    """
    path, asset = result.path, result.asset
    if path is None or asset is None or asset.problem or is_flagged(result):
        return None
    match result.medium:
        case "image":
            picture = previews.preview(path, edge)
            return Thumb(picture.data, picture.mime) if picture else None
        case "video":
            still = posters.video_poster(path)
            return Thumb(still.card, "image/webp") if still else None
        case "3d":
            return Thumb(posters.mesh_poster(path).card, "image/webp")
        case "audio":
            sound = waveforms.sound_of(path)
            return Thumb(waveforms.drawn(sound), "image/png") if sound else None
        case _:
            return None


def is_flagged(result: Result) -> bool:
    """Tell whether the API flagged it: such pictures are not shown while nobody asked for them."""
    return result.wire.get("NSFWContent") is True
