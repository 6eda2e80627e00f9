"""Vector: SVG drawings. A page only ever sees them through `<img>`, where no script of theirs runs."""

from __future__ import annotations

import re
from typing import Final

from runware_nb.media.medium import Format, Medium

_START: Final = re.compile(
    rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<svg[\s>]", re.DOTALL | re.IGNORECASE
)

VECTOR: Final = Medium(
    "vector",
    (Format("svg", "image/svg+xml", lambda head: _START.match(head.removeprefix(b"\xef\xbb\xbf")) is not None),),
    element="img",
    embed_limit=200_000,
)
