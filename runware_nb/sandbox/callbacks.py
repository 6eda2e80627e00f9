"""Callbacks: webhooks and upload endpoints. Loopback only, so that the sandbox is no way into a network.

Addresses elsewhere are accepted, since the docs' examples have them, and left alone.
"""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from runware_nb.sandbox.clock import Clock

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_ANSWER_TIME: Final = 5.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 8.0


async def webhook(url: Any, item: Mapping[str, Any], clock: Clock) -> None:
    """POST an item as it is, again after 250 ms doubling to 8 s until the answer is 2xx."""
    body, pause = json.dumps(item).encode(), _FIRST_PAUSE
    while pause <= _LONGEST_PAUSE:
        if await asyncio.to_thread(_send, "POST", str(url), body, "application/json"):
            return
        await clock.sleep(pause)
        pause *= 2


async def upload(url: str, data: bytes, mime: str) -> None:
    """PUT the bytes of a file, once."""
    await asyncio.to_thread(_send, "PUT", url, data, mime)


def _send(method: str, url: str, body: bytes, mime: str) -> bool:
    """Send to a loopback address, without proxies or redirects; tell whether no more is to be done."""
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in _LOOPBACK:
        return True
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=_ANSWER_TIME)
    try:
        target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        connection.request(method, target, body, {"Content-Type": mime})
        return connection.getresponse().status // 100 == 2  # noqa: PLR2004
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
