"""The world of one sandbox: what its routes share."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runware_nb.catalog import Catalog
from runware_nb.sandbox.account import Account
from runware_nb.sandbox.clock import Clock
from runware_nb.sandbox.faults import Faults
from runware_nb.sandbox.shelf import Shelf

if TYPE_CHECKING:
    from runware_nb.sandbox.jobs import Desk


@dataclass(frozen=True)
class Options:
    """How the sandbox behaves where the live service is not known to behave one way.

    Parameters
    ----------
    latency
        Least and most seconds a result takes; video and 3D take twice as long, training three times.
    result_index
        Whether results of a task that asks for several carry `resultIndex`.
    balance_as_object
        Whether `balance` is `{amount, freeBalance, currency}` or a number.
    patience
        Seconds a sync answer is waited for; the task runs on and is billed.
    idle
        Seconds without a message after which a WebSocket is closed.
    max_body
        Bytes a request may have.
    """

    latency: tuple[float, float] = (0.05, 0.4)
    result_index: bool = True
    balance_as_object: bool = True
    patience: float = 120.0
    idle: float = 120.0
    max_body: int = 64_000_000


@dataclass
class World:
    """All that one sandbox knows."""

    key: str = field(repr=False)
    options: Options
    catalog: Catalog
    clock: Clock
    shelf: Shelf
    account: Account
    faults: Faults
    dice: random.Random
    desk: Desk = field(init=False)
    own_models: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Models uploaded to or trained in this sandbox, by AIR."""
    uploads: dict[str, tuple[Mapping[str, Any], float]] = field(default_factory=dict)
    """Model uploads by task UUID, with the moment each began."""
    origins: frozenset[str] = frozenset()
    """The sandbox's own origins, such as `"http://127.0.0.1:8123"`."""
