"""Bodies: what a response carries, unpacked in bounded pieces, and JSON read with bounds.

A body of some kilobytes may unpack to gigabytes, and JSON may be nested until a reader breaks; httpx and `json` set no
bounds to either. Only gzip and deflate are unpacked, once, since only they are asked for. JSON is read by pydantic's
reader, quickly and no deeper than `DEPTH`; what that refuses is read by `json`, to be mended or refused in our words.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

from pydantic_core import from_json

from runware_nb.errors import Unreachable

ENCODINGS: Final = "gzip, deflate"
DEPTH: Final = 200
"""Levels of arrays and objects in an answer. Real ones have fewer than ten."""
_PIECE: Final = 1 << 20
_BOMB: Final = 16 << 20
_RATIO: Final = 200
"""Times that a body may grow, once it has more than 16 MiB. Real JSON shrinks to a twentieth at best."""
_HALF: Final = re.compile(r"[\ud800-\udfff]")


async def unpacked(chunks: AsyncIterator[bytes], encoding: str) -> AsyncIterator[bytes]:
    """Give a body as it was before packing, at most 1 MiB a piece.

    Parameters
    ----------
    chunks
        As they came.
    encoding
        The `Content-Encoding` header.

    Raises
    ------
    Unreachable
        When it is packed in a way nobody asked for, damaged, or a bomb.
    """
    kind = encoding.strip().lower()
    if kind in {"", "identity"}:
        async for chunk in chunks:
            yield chunk
        return
    if kind not in {"gzip", "x-gzip", "deflate"}:
        raise Unreachable("the answer is packed in a way that was not asked for.")
    taken = given = 0
    unpacker = None
    async for chunk in chunks:
        if not chunk:
            continue
        taken += len(chunk)
        unpacker = unpacker or _unpacker(kind, chunk)
        for piece in _pieces(unpacker, chunk):
            given += len(piece)
            if given > max(_BOMB, taken * _RATIO):
                raise Unreachable("the answer unpacks to far more than any real one.")
            yield piece
        if unpacker.eof:
            return
    if unpacker:
        raise Unreachable("the answer broke off.")


def _pieces(unpacker: Any, chunk: bytes) -> Iterator[bytes]:
    """Unpack a chunk bit by bit, until the unpacker holds nothing back."""
    piece = b""
    while chunk or len(piece) == _PIECE:
        try:
            piece = unpacker.decompress(chunk, _PIECE)
        except zlib.error:
            raise Unreachable("the answer is packed, and damaged.") from None
        yield piece
        chunk = unpacker.unconsumed_tail


def _unpacker(kind: str, head: bytes) -> Any:
    """Return zlib's reader. Servers send `deflate` with and without zlib's header; the first byte tells."""
    if kind == "deflate":
        return zlib.decompressobj(zlib.MAX_WBITS if head[0] & 0x0F == zlib.DEFLATED else -zlib.MAX_WBITS)
    return zlib.decompressobj(zlib.MAX_WBITS | 16)


async def whole(chunks: AsyncIterator[bytes], limit: int) -> bytes:
    """Collect a body.

    Raises
    ------
    Unreachable
        When it has more than `limit` bytes.
    """
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > limit:
            raise Unreachable(f"the answer is larger than {limit >> 20} MiB.")
    return bytes(body)


def parse(body: bytes) -> Any:
    """Read JSON whose depth is bounded and whose every text can be written down again.

    Halves of surrogate pairs, which JSON may hold but no file or page may, become U+FFFD.

    Raises
    ------
    ValueError
        When it is not such JSON.
    """
    try:
        return from_json(body, cache_strings="keys")
    except ValueError:  # among others, for halves of surrogate pairs
        return _mended(_shallow(body))


def _shallow(body: bytes) -> Any:
    try:
        found = json.loads(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    _check_depth(found)
    return found


def _check_depth(value: Any) -> None:
    level, depth = [value], 0
    while level:
        if depth > DEPTH:
            raise ValueError("nested too deeply")
        inner = (v.values() if isinstance(v, dict) else v for v in level if isinstance(v, dict | list))
        level = [v for values in inner for v in values if isinstance(v, dict | list)]
        depth += 1


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_mended(k): _mended(v) for k, v in value.items()}
    return [_mended(v) for v in value] if isinstance(value, list) else value
