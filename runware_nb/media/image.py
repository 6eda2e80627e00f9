"""Image: raster pictures. Masks and ControlNet guides are images too. Sizes are pixels."""

from __future__ import annotations

from typing import Final

from runware_nb.media.medium import Format, Medium, starts

IMAGE: Final = Medium(
    "image",
    (
        Format("jpg", "image/jpeg", starts(b"\xff\xd8\xff"), ("jpeg",)),
        Format("png", "image/png", starts(b"\x89PNG\r\n\x1a\n")),
        Format("webp", "image/webp", lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP"),
        Format("tiff", "image/tiff", starts(b"II*\0", b"MM\0*"), ("tif",)),
    ),
    element="img",
    wire_prefixes=("image", "maskImage", "guideImage"),
)
