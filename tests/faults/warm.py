"""Warm: imported only by the process that others are forked from. It loads all that a session needs, once."""

from __future__ import annotations

import PIL.Image

from runware_nb.catalog import asking, bundled

from . import mutants
from .rigs import WORKLOADS

__all__ = ["PIL", "mutants"]

for _task, *_ in WORKLOADS.values():
    asking.check(dict(_task), bundled())
