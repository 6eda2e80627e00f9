"""Streaming: server-sent events, read byte by byte as they come.

UTF-8 may be split anywhere between two reads, so bytes are decoded incrementally. The API sends one JSON object a
`data:` line, `: ping` comments between, and `data: [DONE]` last. Format: https://html.spec.whatwg.org/#server-sent-events.
httpx-sse was refused: it wants the response of httpx itself, which only the transport knows, and its reader of
lines is all that is needed of it.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from runware_nb.errors import Unreachable

DONE: Final = "[DONE]"


async def events(chunks: AsyncIterator[bytes]) -> AsyncIterator[Mapping[str, Any]]:
    """Give the JSON objects of an event stream.

    Raises
    ------
    Unreachable
        When the stream ends without `[DONE]`, or holds what is not JSON. What came before has been given.
    """
    async for line in _lines(chunks):
        if not line.startswith("data:"):
            continue
        data = line[5:].strip()
        if data == DONE:
            return
        try:
            event = json.loads(data)
        except ValueError:
            raise Unreachable("the text stream is garbled.") from None
        if isinstance(event, Mapping):
            yield event
    raise Unreachable("the text stream broke off before its end.")


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    rest = ""
    async for chunk in chunks:
        *whole, rest = (rest + decoder.decode(chunk)).split("\n")
        for line in whole:
            yield line.rstrip("\r")
    if rest:
        yield rest


def delta(event: Mapping[str, Any]) -> tuple[str, str]:
    """Return the text and the reasoning of an event, whether or not it is wrapped in `data`."""
    inner = event.get("data")
    if isinstance(inner, list) and inner:
        inner = inner[0]
    found = (inner if isinstance(inner, Mapping) else event).get("delta")
    if not isinstance(found, Mapping):
        return "", ""
    return str(found.get("text") or ""), str(found.get("reasoningContent") or "")
