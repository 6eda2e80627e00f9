"""Desks: what stands between something of ours and the widget that shows it on a page.

A page sends messages, each of a kind; its desk does what they ask for on the background loop, so that a busy cell holds
up nothing. Frozen, what the page showed is static, and needs no kernel.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar
from uuid import uuid4
from weakref import WeakKeyDictionary

from runware_nb import reprs
from runware_nb.errors import RunwareError
from runware_nb.loops import background

Message = Mapping[str, Any]
"""What a page sent, with the bytes that came with it as `buffers`."""
Does = Callable[[Any, Message], Awaitable[object] | object]


class Desk(ABC):
    """One thing, shown in one output."""

    _DOES: ClassVar[Mapping[str, Does]]
    """What is done with a message, by its kind. Others change nothing."""
    _view: Any
    """Its widget."""

    def __init__(self) -> None:
        self._identity = f"runware-{uuid4().hex}"
        self._going: set[asyncio.Future[Any]] = set()
        self._is_frozen = False

    def show(self) -> None:
        """Put it on the page."""
        from IPython.display import display

        display(self._view, display_id=self._identity)  # type: ignore[no-untyped-call]

    def freeze(self) -> None:
        """Replace the widget by what needs no kernel."""
        if self._is_frozen:
            return
        self._is_frozen = True
        self._leave()
        from IPython.display import update_display

        data, metadata = self._at_rest()
        update_display(data, raw=True, metadata=metadata, display_id=self._identity)  # type: ignore[no-untyped-call]
        self._view.close()

    @abstractmethod
    def _at_rest(self) -> reprs.type_of_bundle:
        """Return what stays on the page."""

    def _leave(self) -> None:  # noqa: B027  (a desk may have nothing that waits)
        """Let go of what waits, before it is frozen."""

    def _asked(self, content: Mapping[str, Any], buffers: Sequence[bytes]) -> None:
        """Take a message, on whichever thread it comes, to the loop that owns the state."""
        background().call_soon_threadsafe(self._hear, {**content, "buffers": list(buffers)})

    def _hear(self, message: Message) -> None:
        does = self._DOES.get(str(message.get("kind")))
        if does is None or self._is_frozen:
            return
        self._heard(message)
        self._hold(self._do(does, message))

    def _heard(self, message: Message) -> None:  # noqa: ARG002  (for those that tell some from others)
        """Tell the page that its click has come, before it is done."""
        self._view.send({"kind": "heard"})

    async def _do(self, does: Does, message: Message) -> None:
        """Do what was asked. What makes no sense changes nothing; what goes wrong is told on the page."""
        try:
            self._take(message)
            if isinstance(work := does(self, message), Awaitable):
                await work
        except RunwareError as error:
            self._fail(message, error)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError):
            pass

    def _take(self, message: Message) -> None:  # noqa: B027  (most tell nothing else)
        """Take what every message of this page tells, whatever it asks for."""

    @abstractmethod
    def _fail(self, message: Message, error: RunwareError) -> None:
        """Tell the page what went wrong."""

    def _hold(self, work: Awaitable[Any]) -> None:
        """Run something on the loop, and hold it until it ends."""
        going = asyncio.ensure_future(work)
        self._going.add(going)
        going.add_done_callback(self._gone)

    def _gone(self, going: asyncio.Future[Any]) -> None:
        self._going.discard(going)
        if not going.cancelled():
            going.exception()


_desks: WeakKeyDictionary[Any, list[Desk]] = WeakKeyDictionary()


def put(desk: Desk, shown: object) -> None:
    """Show something at a desk of its own."""
    _desks.setdefault(shown, []).append(desk)
    desk.show()


def freeze(shown: object) -> None:
    """Make all that shows something static."""
    for desk in _desks.pop(shown, []):
        desk.freeze()
