"""Cases: every fault, at every point where it can strike, with every workload that passes there.

A new fault is one row in the tables below.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from runware_nb.sandbox import FAULTS, Fault

from .rigs import LASTING, Case

# What can come in place of any answer.
_HARMS: Sequence[Fault] = (
    *(Fault(name) for name in ("reset", "truncated", "not-json", "html-200", "empty-200", "wrong-shape")),
    *(Fault(name, seconds=30.0) for name in ("stalled", "stalled-body")),
    Fault("trickling", seconds=0.05),
    Fault("redirected"),
    *(Fault("gateway", status=status) for status in (429, 500, 502, 503, 504)),
    *(Fault("nameless", status=status) for status in (408, 429, 500, 503)),
    *(Fault("refusal", status=status) for status in (408, 429, 500, 502, 503, 504)),
    *(Fault("refusal", status=status, retry_after=0.05) for status in (429, 503)),
    Fault("refusal", status=429, code="queueCapacityExceeded", retry_after="Wed, 21 Oct 2015 07:28:00 GMT"),
)
_KEYLESS = Fault("refusal", status=401, code="invalidApiKey")
# What can become of an answer on its way.
_SPOILED: Sequence[Fault] = (
    *(Fault(name) for name in ("truncated", "wrong-type", "oversize", "duplicated", "shuffled", "missing-item")),
    *(Fault(name) for name in ("no-items", "foreign-item", "unpriced", "nan-cost", "negative-cost")),
    Fault("stalled-body", seconds=30.0),
    Fault("trickling", seconds=0.05),
)
_WITHHELD = {"unpriced", "nan-cost", "negative-cost"}
_ASSETS: Sequence[Fault] = (
    *(Fault(name) for name in ("gone", "bad-asset", "truncated-asset", "oversize", "wrong-type")),
    *_HARMS,
)
_STREAMS = ("stream-error", "stream-refused", "stream-cut", "stream-stalled", "stream-garbled", "stream-foreign",
            "stream-unfinished")  # fmt: skip
_FAILURES = ("provider-timeout", "failed-in-data", "partial", "partial-in-data")
_PLAIN = ("image sync", "image async", "video", "text async", "batch of 20")
_POLLED = ("image async", "video", "text async", "batch of 20")
_PUSHED = ("image sync", "image async", "video", "text sync", "batch of 20", "base64")
_SEVERAL = ("image sync", "image async")
"""Workloads of one task with several results."""


def every() -> list[Case]:
    """Return all cases, those that belong together side by side."""
    return [*_submits(), *_polls(), *_details(), *_assets(), *_streams(), *_jobs(), *_sockets()]


def some(cases: Sequence[Case]) -> list[Case]:
    """Return a part in which every fault strikes at each of its points at least once, the workloads taking turns."""
    chosen: dict[tuple[object, ...], list[Case]] = {}
    for case in cases:
        fault = case.faults[-1]
        key = (case.transport, case.interrupted, *((f.name, f.stage, f.phase) for f in case.faults), fault.status)
        chosen.setdefault(key, []).append(case)
    return [group[number % len(group)] for number, group in enumerate(chosen.values())]


def _submits() -> Iterator[Case]:
    for workload in (*_PLAIN, "text stream"):
        for harm in _HARMS:
            for stage in ("before", "after"):
                one, lasting = _lengths(workload, replace(harm, stage=stage, phase="submit"))
                # "Nothing was taken", said by a host that takes it, is borne once.
                yield from (one,) if stage == "after" and harm.status in {408, 429} else (one, lasting)
    for workload in _PLAIN:
        for spoiled in _SPOILED:
            yield _spoiled(workload, replace(spoiled, stage="answer", phase="submit"))


def _polls() -> Iterator[Case]:
    for workload in _POLLED:
        for harm in (*_HARMS, _KEYLESS):
            yield from _lengths(workload, replace(harm, stage="before", phase="poll"))
        for spoiled in (*_SPOILED, Fault("back-to-work")):
            for times in (1, 3):
                yield _spoiled(workload, replace(spoiled, stage="answer", phase="poll", times=times))
        yield from _lengths(workload, FAULTS["forgotten"])


def _details() -> Iterator[Case]:
    """After an interrupt, when polls no longer know the task, and its record can be had only with trouble."""
    forgotten = Fault("forgotten", times=LASTING)
    for workload in _POLLED:
        yield Case(workload, (forgotten,), interrupted=True)
        yield Case(workload, (Fault("partial"), forgotten))
    for workload in _POLLED[:-1]:
        for harm in _HARMS:
            for one in _lengths(workload, replace(harm, stage="before", phase="details")):
                yield Case(workload, (forgotten, *one.faults), interrupted=True)
        for spoiled in _SPOILED:
            fault = replace(spoiled, stage="answer", phase="details")
            yield Case(workload, (forgotten, fault), interrupted=True)
    for workload in (*_POLLED, "text stream"):
        for harm in (*_HARMS, _KEYLESS):
            for one in _lengths(workload, replace(harm, stage="before", phase="poll")):
                yield replace(one, interrupted=True)


def _assets() -> Iterator[Case]:
    for workload in ("image sync", "image async", "video", "batch of 20"):
        for harm in _ASSETS:
            yield from _lengths(workload, replace(harm, stage="asset", phase="asset"))


def _streams() -> Iterator[Case]:
    for name in _STREAMS:
        yield from _lengths("text stream", FAULTS[name])


def _jobs() -> Iterator[Case]:
    for workload in _PLAIN:
        for name in _FAILURES:
            yield Case(workload, (FAULTS[name],))
    for workload in _SEVERAL:
        for name in ("partial", "partial-in-data"):
            phase = "submit" if workload == "image sync" else "poll"
            for spoiled in ("duplicated", "shuffled", "missing-item"):
                yield Case(workload, (FAULTS[name], Fault(spoiled, phase=phase, stage="answer")))
            for harm in _HARMS:
                yield Case(workload, (FAULTS[name], replace(harm, stage="after", phase="submit")))


_CUTS = ("refused-connection", "deaf", "rate-limit", "server-error")
_AFTER = ("drop-socket", "mute")
_ACKNOWLEDGED = ("image async", "video")
_FRAMES = ("dropped-frame", "lost-frame", "lost-session", "repeated-frame", "unknown-frame", "garbage-frame", "half-frame",
           "large-frame", "nameless-frame", "late-frame", "foreign-item", "duplicated", "no-items", "unpriced",
           "nan-cost")  # fmt: skip


def _sockets() -> Iterator[Case]:
    """Over the WebSocket: frames that never come, come twice, or are none; connections that drop, or are refused."""
    for workload in _PUSHED:
        strikes = [replace(FAULTS[name], stage="before", phase="submit") for name in _CUTS]
        strikes += [replace(FAULTS[name], stage="after", phase="submit") for name in _AFTER]
        strikes += [Fault(name, stage="push", phase="submit") for name in _FRAMES]
        strikes += [FAULTS["no-upgrade"], FAULTS["key-rejected"]]
        for strike in strikes:
            for times in (1, LASTING):
                yield replace(_spoiled(workload, replace(strike, times=times)), transport="websocket")
        for entering in ("no-upgrade", "key-rejected", "session-expired"):
            for drop in (Fault("drop-socket", stage="after", phase="submit"), Fault("dropped-frame")):
                again = replace(FAULTS[entering], skip=1)
                yield Case(workload, (again, drop), transport="websocket")
        for name in _FAILURES:
            yield Case(workload, (FAULTS[name],), transport="websocket")
            yield Case(
                workload, (FAULTS[name], Fault("drop-socket", stage="after", phase="submit")), transport="websocket"
            )
        yield Case(workload, (Fault("shuffled", "answer", "poll"),), interrupted=True, transport="websocket")
    for workload in _ACKNOWLEDGED:
        for name in ("truncated", "not-json", "empty-200", "duplicated", "foreign-item"):
            yield Case(workload, (Fault(name, stage="answer", phase="submit"),), transport="websocket")


def _lengths(workload: str, fault: Fault) -> Iterator[Case]:
    """Let a fault strike once, and until the user resumes."""
    for times in (1, LASTING):
        yield Case(workload, (replace(fault, times=times),))


def _spoiled(workload: str, fault: Fault) -> Case:
    return Case(workload, (fault,), withheld=fault.name in _WITHHELD)
