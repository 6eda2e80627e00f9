"""Faults: what can go wrong, by name. A new fault is one row in `FAULTS`; what it does is where its stage is.

==========  =====================================================================  ===================
stage       when                                                                   acted on in
==========  =====================================================================  ===================
before      nothing has been accepted                                              app, sockets
after       tasks are accepted and billed, nothing has been answered               app, sockets, streams
answer      the answer is on its way                                               app, sockets
job         the task runs                                                          jobs
asset       a file is fetched                                                      files
stream      a text is streamed                                                     streams
enter       a WebSocket is opened, or its key is said                              sockets
push        a result goes out over a WebSocket                                     sockets
==========  =====================================================================  ===================

Those that replace or spoil a whole answer (`answers.spoil`) strike at any stage: `inject("gateway", stage="after")`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from runware_nb.sandbox.refusals import Error, error

Stage = Literal["before", "after", "answer", "job", "asset", "stream", "enter", "push"]
Phase = Literal["submit", "poll", "details", "utility", "asset", "connect", "key"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong, a number of times.

    Parameters
    ----------
    name
        A name in `FAULTS`.
    stage
        Where in the handling of a request it strikes.
    phase
        The requests it strikes: `"submit"` (any inference task), `"poll"`, `"details"`, `"utility"`, `"asset"`, and
        of a WebSocket `"connect"`, `"key"`; None for all that pass its stage.
    times
        How often it strikes.
    skip
        How many requests pass unharmed before the first.
    status
        HTTP status, where it answers with one.
    code
        Error code, where it answers with one.
    retry_after
        Value of a `Retry-After` header, as it is sent.
    seconds
        How long it holds an answer back; for one that trickles, between two bytes.
    """

    name: str
    stage: Stage | None = None
    phase: Phase | None = None
    times: int = 1
    skip: int = 0
    status: int | None = None
    code: str | None = None
    retry_after: str | float | None = None
    seconds: float | None = None

    def error(self, task: Any = None) -> Error:
        """Return the error object it answers with."""
        return error(self.code or "internalServerError", f"The sandbox was told to fail ({self.name}).", task)


_ROWS: Final = (
    Fault("rate-limit", "before", "submit", status=429, code="queueCapacityExceeded"),
    Fault("server-error", "before", "submit", status=500, code="internalServerError"),
    Fault("no-balance", "before", "submit", status=402, code="insufficientCredits"),
    Fault("slow", "before", seconds=2.0),
    Fault("refused-connection", "before", "submit"),
    Fault("lost-answer", "after", "submit"),
    Fault("drop-socket", "after", "submit"),
    Fault("truncated", "answer", "submit"),
    Fault("not-json", "answer", "submit"),
    Fault("html-200", "answer", "submit"),
    Fault("empty-200", "answer", "submit"),
    Fault("reset", "answer"),
    Fault("stalled", "answer", seconds=1.0),
    Fault("stalled-body", "answer", seconds=1.0),
    Fault("trickling", "answer", seconds=0.005),
    Fault("wrong-type", "answer"),
    Fault("wrong-shape", "answer"),
    Fault("oversize", "answer"),
    Fault("gateway", "answer", status=502),
    Fault("redirected", "answer", status=307),
    Fault("refusal", "answer", status=503, code="serviceUnavailable"),
    Fault("nameless", "answer", status=503, code="serviceUnavailable"),
    Fault("no-items", "answer"),
    Fault("foreign-item", "answer"),
    Fault("back-to-work", "answer", "poll"),
    Fault("nan-cost", "answer"),
    Fault("negative-cost", "answer"),
    Fault("forgotten", "before", "poll", code="taskFailedOrNotFound"),
    Fault("shuffled", "answer"),
    Fault("duplicated", "answer"),
    Fault("missing-item", "answer", "poll"),
    Fault("unpriced", "answer"),
    Fault("provider-timeout", "job", code="timeoutProvider"),
    Fault("failed-in-data", "job", code="inferenceError"),
    Fault("partial", "job", code="inferenceError"),
    Fault("partial-in-data", "job", code="inferenceError"),
    Fault("gone", "asset", status=404),
    Fault("bad-asset", "asset"),
    Fault("truncated-asset", "asset"),
    Fault("stream-error", "stream", code="timeoutProvider"),
    Fault("stream-refused", "stream", status=503, code="serviceUnavailable"),
    Fault("stream-cut", "stream"),
    Fault("stream-stalled", "stream", seconds=1.0),
    Fault("stream-garbled", "stream"),
    Fault("stream-foreign", "stream"),
    Fault("stream-unfinished", "stream"),
    Fault("no-upgrade", "enter", "connect"),
    Fault("key-rejected", "enter", "key"),
    Fault("session-expired", "enter", "key"),
    Fault("deaf", "before", "submit"),
    Fault("mute", "after", "submit"),
    Fault("dropped-frame", "push"),
    Fault("lost-frame", "push"),
    Fault("lost-session", "push"),
    Fault("repeated-frame", "push"),
    Fault("unknown-frame", "push"),
    Fault("garbage-frame", "push"),
    Fault("half-frame", "push"),
    Fault("large-frame", "push"),
    Fault("nameless-frame", "push", code="internalServerError"),
    Fault("late-frame", "push"),
)
FAULTS: Final = {fault.name: fault for fault in _ROWS}


class Faults:
    """The faults that wait to strike, in the order they were injected. Safe to use from any thread."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def inject(self, fault: str | Fault, **changes: Any) -> None:
        """Add a fault by name, with changes to its row, or one of your own.

        Raises
        ------
        KeyError
            For a name that is not in `FAULTS`.
        """
        given = Fault(fault) if isinstance(fault, str) else fault
        row = FAULTS[given.name]
        told = {k: v for k in Fault.__slots__ if (v := getattr(given, k)) != getattr(Fault(""), k)}
        with self._lock:
            self._waiting.append(replace(row, **{**told, **changes}))

    def take(self, stage: Stage, phase: Phase) -> Fault | None:
        """Return the fault that strikes here, if any, and count it."""
        with self._lock:
            for place, fault in enumerate(self._waiting):
                if fault.stage != stage or fault.phase not in {None, phase}:
                    continue
                if fault.skip:
                    self._waiting[place] = replace(fault, skip=fault.skip - 1)
                    continue
                if fault.times > 1:
                    self._waiting[place] = replace(fault, times=fault.times - 1)
                else:
                    del self._waiting[place]
                return fault
        return None

    def clear(self) -> None:
        """Forget all that wait."""
        with self._lock:
            self._waiting.clear()
