"""Streaming: server-sent events, read byte by byte as they come.

Lines are cut from bytes and decoded whole, so a character may be split anywhere between two reads. The API sends one
JSON object an event, `: ping` comments between, and `data: [DONE]` last. Format:
https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream.
httpx-sse was refused: it wants the response of httpx itself, which only the transport knows, and its lines are
those of `str.splitlines`, which also ends them inside a text at U+2028 and its like.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Final

from runware_nb.api.transport.bodies import parse
from runware_nb.errors import Unreachable

DONE: Final = b"[DONE]"
LONGEST: Final = 16 << 20
"""Bytes of one event."""
_BOM: Final = b"\xef\xbb\xbf"
_END: Final = re.compile(rb"\r\n|\r|\n")


async def events(chunks: AsyncIterator[bytes]) -> AsyncIterator[Mapping[str, Any]]:
    """Give the JSON objects of an event stream.

    Raises
    ------
    Unreachable
        When the stream ends with neither `[DONE]` nor a reason to finish, or holds what is not JSON.
        What came before has been given.
    """
    finished = False
    async for data in _data(chunks):
        for value in _values(data):
            if value is DONE:
                return
            if isinstance(value, Mapping):
                finished |= _is_last(value)
                yield value
    if not finished:
        raise Unreachable("the text stream broke off before its end.")


async def _data(chunks: AsyncIterator[bytes]) -> AsyncIterator[list[bytes]]:
    """Give the data lines of each event."""
    data: list[bytes] = []
    size = 0
    async for line in _lines(chunks):
        field, _, value = line.partition(b":")
        if field == b"data":
            data.append(value.removeprefix(b" "))
            size += len(value) + 1
            if size > LONGEST:
                raise Unreachable("the text stream holds an event larger than any real one.")
        elif not line and data:
            yield data
            data, size = [], 0
    # The spec drops an event that no empty line ends; ours may be paid text, and JSON tells whether it is whole.
    if data:
        yield data


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    r"""Cut a stream into lines, each as soon as its end is seen: `\n`, `\r\n` or `\r` alone."""
    rest = bytearray()
    after_cr, first = False, True
    async for chunk in chunks:
        if not chunk:
            continue
        fresh = chunk[1:] if after_cr and chunk[:1] == b"\n" else chunk
        after_cr = chunk[-1:] == b"\r"
        *ends, last = _END.split(fresh)
        for end in ends:
            line = bytes(rest) + end
            rest.clear()
            yield line.removeprefix(_BOM) if first else line
            first = False
        rest += last
        if len(rest) > LONGEST:
            raise Unreachable("the text stream holds a line longer than any real one.")
    if rest:
        yield bytes(rest).removeprefix(_BOM) if first else bytes(rest)


def _values(data: Sequence[bytes]) -> Iterator[Any]:
    """Read an event: its lines as one text, or one by one where a server forgot the empty lines between events."""
    for parts in ([b"\n".join(data)], data):
        try:
            values = [DONE if part.strip() == DONE else parse(part) for part in parts if part.strip()]
        except ValueError:
            continue
        yield from values
        return
    raise Unreachable("the text stream is garbled.")


def _is_last(event: Mapping[str, Any]) -> bool:
    """Tell whether the model says that it has finished; a `[DONE]` that got lost then takes nothing away."""
    return bool(_inner(event).get("finishReason"))


def _inner(event: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = event.get("data")
    if isinstance(inner, list) and inner:
        inner = inner[0]
    return inner if isinstance(inner, Mapping) else event


def delta(event: Mapping[str, Any]) -> tuple[str, str]:
    """Return the text and the reasoning of an event, whether or not it is wrapped in `data`."""
    found = _inner(event).get("delta")
    if not isinstance(found, Mapping):
        return "", ""
    return str(found.get("text") or ""), str(found.get("reasoningContent") or "")
