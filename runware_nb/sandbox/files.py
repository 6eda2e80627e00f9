"""Files: the media host. Addresses have the API's shape; byte ranges are served, as players ask for them."""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runware_nb.sandbox import answers
from runware_nb.sandbox.refusals import error
from runware_nb.sandbox.world import World

_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)")
_HEADERS: Final = {
    "accept-ranges": "bytes",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "cross-origin",
}
# An SVG opened by itself must not run anything on the sandbox's origin.
_POLICY: Final = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"}


def routes(world: World) -> list[Route]:
    """Return the route of the media."""

    async def media(request: Request) -> Response:
        return await _serve(request, world)

    return [Route("/{kind}/os/sandbox/ws/2/{folder}/{name}", media, methods=["GET", "HEAD"])]


async def _serve(request: Request, world: World) -> Response:
    file = world.shelf.find(request.path_params["name"])
    fault = world.faults.take("asset", "asset")
    if file is None or file.path != request.url.path or (fault and fault.name == "gone"):
        return answers.failed(error("mediaNotFound", "The file is unknown, or has expired."), status=404)
    data = await world.shelf.bytes_of(file)
    headers = {**_HEADERS, **_POLICY}
    if fault and fault.name == "bad-asset":
        return Response(answers.PAGE, headers=headers, media_type=file.mime)
    if fault and fault.name == "oversize":
        return Response(data + bytes(answers.OVERSIZE), headers=headers, media_type=file.mime)
    if fault:
        return answers.spoil(fault, Response(data, headers=headers, media_type=file.mime))
    return _part(data, request.headers.get("range"), file.mime, headers)


def _part(data: bytes, asked: str | None, mime: str, headers: dict[str, str]) -> Response:
    """Answer with all of it, or with the range that is asked."""
    found = _RANGE.fullmatch(asked.strip()) if asked else None
    if not found or not any(found.groups()):
        return Response(data, headers=headers, media_type=mime)
    first, last = _bounds(found[1], found[2], len(data))
    if first > last:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{len(data)}"})
    headers = {**headers, "content-range": f"bytes {first}-{last}/{len(data)}"}
    return Response(data[first : last + 1], 206, headers, mime)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """Return the first and last byte of a range; `-500` is the last 500."""
    if not first:
        return max(0, size - int(last)), size - 1 if int(last) else -1
    return int(first), min(int(last), size - 1) if last else size - 1
