"""Inspection: whether a file is whole, and whether it is safe to show. A new format is one function in `_CHECKS`.

Formats that tell their own length are held to it; pictures of a usual size are decoded once. Nothing is unpacked, no
archive is opened, no link inside a file is followed, and a picture of a few kilobytes that would fill gigabytes as
pixels is measured by its header only.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable, Iterator
from threading import Lock
from typing import IO, Any, Final

from runware_nb.errors import BadAsset
from runware_nb.media.measure import PICTURES, picture_size

DECODED: Final = 16_000_000
"""Pixels up to which a picture is decoded to prove it whole, one at a time: 64 to 200 MB. Above, structure tells."""
SHOWN: Final = 64_000_000
"""Pixels above which a picture is kept, but not shown: a browser would need 256 MB for it."""
_JSON_LIMIT: Final = 64 << 20
_SCANS: Final = 200
"""Scans of a JPEG above which it is not decoded, since each goes over the whole picture; real ones have ten."""
_TURN: Final = Lock()
_PARTS_LIMIT: Final = 1_000_000

_BROKEN: Final = "the file broke off, or is damaged."


def inspect(file: IO[bytes], extension: str) -> str | None:
    """Check an opened file.

    Parameters
    ----------
    file
        Read from the start.
    extension
        Of its format, by `media.format_of`.

    Returns
    -------
    problem
        Why the file is kept but not to be shown, or None.

    Raises
    ------
    BadAsset
        When it is not whole.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    try:
        check = _CHECKS.get(extension)
        problem = check(file, size) if check else None
        return problem or (_picture(file, extension) if extension in PICTURES else None)
    except (struct.error, ValueError, IndexError, OverflowError, RecursionError):
        raise BadAsset(_BROKEN) from None


def _picture(file: IO[bytes], extension: str) -> str | None:
    try:
        width, height = picture_size(file, extension)
        if width * height <= DECODED and not (extension == "jpg" and _scans(file) > _SCANS):
            file.seek(0)
            with _TURN:
                PICTURES[extension](file).load()
        elif extension == "png":
            file.seek(0)
            PICTURES[extension](file).verify()
    except Exception:  # noqa: BLE001  (decoders raise what they like at damaged files)
        raise BadAsset(_BROKEN) from None
    if width * height > SHOWN:
        return f"it has {width * height / 1e6:.0f} million pixels, so it is kept but not shown."
    return None


def _scans(file: IO[bytes]) -> int:
    file.seek(0)
    return sum(piece.count(b"\xff\xda") for piece in iter(lambda: file.read(1 << 20), b""))


def _jpeg(file: IO[bytes], size: int) -> None:
    """Demand the end marker: decoders are content with less."""
    file.seek(max(0, size - 65_536))
    _demand(b"\xff\xd9" in file.read())


def _png(file: IO[bytes], size: int) -> None:
    for kind, start, length in _png_chunks(file, size):
        _demand(start + length + 4 <= size)
        if kind == b"IEND":
            return
    _demand(condition=False)


def _png_chunks(file: IO[bytes], size: int) -> Iterator[tuple[bytes, int, int]]:
    place = 8
    for _ in range(_PARTS_LIMIT):
        if place + 8 > size:
            return
        file.seek(place)
        length, kind = struct.unpack(">I4s", file.read(8))
        yield kind, place + 8, length
        place += length + 12


def _riff(file: IO[bytes], size: int) -> None:
    """Hold WebP and WAV to the length in their head. Recorders that stream leave it 0 or all ones."""
    file.seek(4)
    (told,) = struct.unpack("<I", file.read(4))
    _demand(told + 8 <= size or told >= 0xFFFFFF00)  # noqa: PLR2004


def _boxes(file: IO[bytes], size: int) -> None:
    """Hold MP4, MOV and M4A to the lengths of their outermost boxes, and demand both description and media."""
    if not _starts_with_box(file):
        return
    place, kinds = 0, set()
    for _ in range(_PARTS_LIMIT):
        if place >= size:
            break
        file.seek(place)
        length, kind = struct.unpack(">I4s", file.read(8))
        head = 8
        if length == 1:
            (length,) = struct.unpack(">Q", file.read(8))
            head = 16
        length = length or size - place
        _demand(head <= length <= size - place)
        kinds.add(kind)
        place += length
    _demand(b"moov" in kinds and not kinds.isdisjoint({b"mdat", b"moof"}))


def _starts_with_box(file: IO[bytes]) -> bool:
    """Tell M4A from raw AAC, which share an extension."""
    return file.read(8)[4:] == b"ftyp"


def _matroska(file: IO[bytes], size: int) -> None:
    """Hold WebM and Matroska to the length of their segment, where it is told: https://www.rfc-editor.org/rfc/rfc8794."""
    file.seek(4)
    length, _ = _vint(file)
    file.seek(length, os.SEEK_CUR)
    _demand(file.read(4) == b"\x18\x53\x80\x67")
    length, unknown = _vint(file)
    _demand(unknown or file.tell() + length <= size)


def _vint(file: IO[bytes]) -> tuple[int, bool]:
    """Read a number of variable length, and whether it says "unknown"."""
    first = file.read(1)[0]
    more = 8 - first.bit_length()
    _demand(more < 8)  # noqa: PLR2004
    value = int.from_bytes(bytes([first & (0x7F >> more)]) + _exactly(file, more))
    return value, value == (1 << 7 * (more + 1)) - 1


def _ogg(file: IO[bytes], size: int) -> None:
    """Hold an Ogg file to the lengths of its pages."""
    place = 0
    for _ in range(_PARTS_LIMIT):
        if place >= size:
            return
        file.seek(place)
        head = _exactly(file, 27)
        _demand(head[:4] == b"OggS")
        place += 27 + head[26] + sum(_exactly(file, head[26]))
        _demand(place <= size)


def _glb(file: IO[bytes], size: int) -> str | None:
    """Hold a GLB to its length, and look for links out of it."""
    _, version, told = struct.unpack("<4sII", _exactly(file, 12))
    _demand(told <= size and told >= 12)  # noqa: PLR2004
    if version != 2:  # noqa: PLR2004
        return None
    length, kind = struct.unpack("<I4s", _exactly(file, 8))
    _demand(kind == b"JSON" and 20 + length <= told)
    return _gltf_problem(_exactly(file, length)) if length <= _JSON_LIMIT else None


def _json(file: IO[bytes], size: int) -> str | None:
    """Look for links out of a glTF. Other JSON may be any text that starts like it."""
    try:
        return _gltf_problem(file.read()) if size <= _JSON_LIMIT else None
    except (ValueError, RecursionError):
        return None


def _gltf_problem(data: bytes) -> str | None:
    """Name the links of a mesh to files elsewhere. They are never followed."""
    scene = json.loads(data.rstrip(b" \0"))
    if not isinstance(scene, dict) or "asset" not in scene:
        return None
    parts = [p for key in ("buffers", "images") if isinstance(scene.get(key), list) for p in scene[key]]
    links = [p["uri"] for p in parts if isinstance(p, dict) and isinstance(p.get("uri"), str)]
    outside = sum(not link.lower().startswith("data:") for link in links)
    return (
        f"it refers to {outside} files elsewhere, which are not fetched; it is kept but not shown." if outside else None
    )


def _svg(file: IO[bytes], size: int) -> None:
    file.seek(max(0, size - 4096))
    tail = file.read().rstrip()
    _demand(b"</svg" in tail.lower() or tail.endswith(b"/>"))


def _zip(file: IO[bytes], size: int) -> None:
    """Demand the directory at the end of an archive, which is not opened."""
    file.seek(max(0, size - 65_557))
    tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    _demand(place >= 0)
    (comment,) = struct.unpack("<H", tail[place + 20 : place + 22])
    _demand(place + 22 + comment <= len(tail))


def _safetensors(file: IO[bytes], size: int) -> None:
    (length,) = struct.unpack("<Q", _exactly(file, 8))
    _demand(8 + length <= size)


def _exactly(file: IO[bytes], length: int) -> bytes:
    data = file.read(length)
    _demand(len(data) == length)
    return data


def _demand(condition: bool) -> None:
    if not condition:
        raise BadAsset(_BROKEN)


_CHECKS: Final[dict[str, Callable[[IO[bytes], int], Any]]] = {
    "jpg": _jpeg,
    "png": _png,
    "webp": _riff,
    "wav": _riff,
    "mp4": _boxes,
    "mov": _boxes,
    "aac": _boxes,
    "webm": _matroska,
    "mkv": _matroska,
    "ogg": _ogg,
    "glb": _glb,
    "json": _json,
    "svg": _svg,
    "zip": _zip,
    "safetensors": _safetensors,
}
