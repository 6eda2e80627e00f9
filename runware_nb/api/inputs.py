"""Media inputs: files, pictures and earlier results, given as what they are.

A `Path` is a file and a string is never one: strings go to the API as they are (UUID, URL, data URI, base64).
Whatever else is media is uploaded to the API's media storage once, and named in tasks by its media UUID, so that
fifty tasks on one picture carry it once.
"""

from __future__ import annotations

import base64
import io
import mimetypes
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from runware_nb.api.results import Asset, Result
from runware_nb.api.runs import Run
from runware_nb.errors import UsageError
from runware_nb.media import format_of

LARGEST: Final = 50_000_000
"""Bytes of one upload. Base64 makes a third more of it on the wire."""
_PLAIN: Final = frozenset({str, int, float, bool, type(None), dict, list, tuple})


def is_media(value: Any) -> bool:
    """Tell whether a value is a file, a PIL image, an array, or an earlier result."""
    if type(value) in _PLAIN:  # nearly all are, and to ask the rest takes ten times as long
        return False
    return isinstance(value, Path | Asset | Result | Run) or _is_picture(value) or _is_array(value)


def media_in(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Find the media in a task: dotted wire path and value."""
    if is_media(value):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from media_in(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from media_in(inner, f"{path}.{number}".lstrip("."))


def check(path: str, value: Any) -> None:
    """Refuse media that cannot be read, before anything is sent.

    Raises
    ------
    UsageError
        For a file that is missing or too large, a run of several results, or a result without a file.
    """
    if isinstance(value, Path):
        file = value.expanduser()
        if not file.is_file():
            raise UsageError(f"{path}: there is no file {str(value)!r}.")
        if (size := file.stat().st_size) > LARGEST:
            raise UsageError(f"{path}: {file.name} has {size // 1_000_000} MB, but at most {LARGEST // 1_000_000}.")
    elif isinstance(value, Run) and len(value) != 1:
        raise UsageError(f"{path}: this run has {len(value)} results; name one of them, such as run[0].")
    elif isinstance(value, Run | Result | Asset) and (asset := _asset(value)) and not (asset.uuid or asset.path):
        raise UsageError(f"{path}: this result has no file that could be used.")
    elif isinstance(value, Run | Result) and _asset(value) is None:
        raise UsageError(f"{path}: this result is text, not media.")


async def settle(value: Any, upload: Callable[[bytes, str], Awaitable[str]], *, sandbox: bool) -> Any:
    """Return a task with each of its media replaced by a media UUID, uploading what the API does not have.

    Parameters
    ----------
    value
        A task, or a part of one.
    upload
        Takes bytes and a MIME type, returns a media UUID.
    sandbox
        Whether the tasks go to a sandbox: its results are unknown to the API, and the API's to it.
    """
    if is_media(value):
        known = _asset(value)
        if known and known.uuid and isinstance(value, Result | Run) and _is_sandbox(value) == sandbox:
            return known.uuid
        return await upload(*read(value))
    if isinstance(value, Mapping):
        return {k: await settle(v, upload, sandbox=sandbox) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [await settle(v, upload, sandbox=sandbox) for v in value]
    return value


def read(value: Any) -> tuple[bytes, str]:
    """Return the bytes of media and their MIME type. Pictures and arrays become PNG."""
    if _is_array(value):
        from PIL import Image

        value = Image.fromarray(value)
    if _is_picture(value):
        out = io.BytesIO()
        value.save(out, "PNG")
        return out.getvalue(), "image/png"
    asset = _asset(value)
    file = asset.path if asset else value.expanduser()
    if file is None:
        raise UsageError("this result was not kept, so it cannot be used as an input here.")
    data = file.read_bytes()
    known = format_of(data[:512])
    guessed = mimetypes.guess_type(file.name)[0]
    return data, known.mime if known else guessed or "application/octet-stream"


def data_uri(data: bytes, mime: str) -> str:
    """Write bytes as a data URI."""
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"


def _asset(value: Any) -> Asset | None:
    if isinstance(value, Run):
        value = value[0] if len(value) else None
    if isinstance(value, Result):
        return value.asset
    return value if isinstance(value, Asset) else None


def _is_sandbox(value: Result | Run) -> bool:
    return value.sandbox


def _is_picture(value: Any) -> bool:
    """Tell a PIL image without importing Pillow."""
    return any(c.__module__ == "PIL.Image" and c.__name__ == "Image" for c in type(value).__mro__)


def _is_array(value: Any) -> bool:
    """Tell a NumPy array, or what looks like one, without importing NumPy; one of its numbers is none."""
    if not hasattr(value, "__array_interface__") or _is_picture(value):
        return False
    return bool(getattr(value, "shape", ()))
