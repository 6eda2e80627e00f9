"""Public services: GETs without a key, bounded in time and size. What they answer is from outside, like all else.

They are asked beside the API, never in its place: no cookies, no redirects, no retries.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from runware_nb import __version__
from runware_nb.api.transport import bodies
from runware_nb.errors import Unreachable
from runware_nb.settings import LOOPBACK

UNCHANGED: Final = 304
_MISSING: Final = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class Told:
    """What a service told: JSON, and its tag. Both are None for an address it does not have.

    Parameters
    ----------
    unchanged
        Whether it is still what the tag names.
    """

    payload: Any
    etag: str | None = None
    unchanged: bool = False


async def ask(url: str, *, etag: str | None, seconds: float, limit: int) -> Told:
    """Get JSON.

    Parameters
    ----------
    url
        Its address.
    etag
        Tag of what is here already, so that it need not be sent again.
    seconds
        All it may take, from the look-up of the name to the last byte.
    limit
        Bytes it may have, unpacked.

    Raises
    ------
    Unreachable
        When no whole JSON of that size came in that time.
    """
    host = urlsplit(url).netloc
    try:
        async with asyncio.timeout(seconds):
            return await _asked(url, etag, limit)
    except TimeoutError:
        raise Unreachable(f"{host} did not answer within {seconds:g} s.") from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, ImportError, OSError) as error:
        words = str(error) if isinstance(error, _NotJson) else "cannot be reached"
        raise Unreachable(f"{host} {words}.") from None


class _NotJson(ValueError):
    """An answer that is no JSON of use. Says what it is instead."""


async def _asked(url: str, etag: str | None, limit: int) -> Told:
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": bodies.ENCODINGS,
        "User-Agent": f"runware-nb/{__version__}",
        **({"If-None-Match": etag} if etag else {}),
    }
    here = urlsplit(url).hostname in LOOPBACK
    # A proxy of the environment is not for this machine; the timeout of the whole is the caller's.
    async with (
        httpx.AsyncClient(trust_env=not here, timeout=None) as client,  # noqa: S113
        client.stream("GET", url, headers=headers) as response,
    ):
        if response.status_code == UNCHANGED and etag:
            return Told(None, etag, unchanged=True)
        if response.status_code in _MISSING:
            return Told(None)
        if not response.is_success:
            raise _NotJson(f"answered HTTP {response.status_code}")
        packed = response.headers.get("content-encoding", "")
        body = await bodies.whole(bodies.unpacked(response.aiter_raw(), packed), limit)
        try:
            payload = bodies.parse(body)
        except ValueError:
            raise _NotJson("answered with something else than JSON") from None
        return Told(payload, response.headers.get("etag"))
