"""Retrying: when it helps, for as long as it is allowed, and told in one line."""

from __future__ import annotations

from contextlib import suppress

import pytest
import stamina

from runware_nb.api.results import Frame
from runware_nb.api.retry import ATTEMPTS, _backoff, _TryAgain, patiently
from runware_nb.api.transport.pacing import LONGEST_WAIT, GivenUp
from runware_nb.api.transport.rest import Answer
from runware_nb.errors import Unreachable


@pytest.fixture
def at_once():
    """Try as often as ever, without the waiting between."""
    with stamina.set_testing(True, attempts=ATTEMPTS, cap=True):
        yield


class Sender:
    """Gives one answer, or raises one error, after another; the last again and again."""

    def __init__(self, *told):
        self.told = list(told)
        self.sent = 0

    async def __call__(self):
        self.sent += 1
        told = self.told.pop(0) if len(self.told) > 1 else self.told[0]
        if isinstance(told, Exception):
            raise told
        return told


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_not_now_is_tried_again(at_once, status):
    send = Sender(Answer(status, None), Answer(200, {}))

    answer, _ = await patiently(send)

    assert (answer.status, send.sent) == (200, 2)


@pytest.mark.parametrize("status", [200, 400, 401, 402, 403, 404, 409, 413])
async def test_a_clear_answer_is_final(at_once, status):
    send = Sender(Answer(status, {}))
    await patiently(send)

    assert send.sent == 1


async def test_an_error_that_brings_results_is_not_thrown_away(at_once):
    send = Sender(Answer(500, {"data": [{"taskUUID": "a"}]}))

    assert (await patiently(send))[0].payload["data"]
    assert send.sent == 1


@pytest.mark.parametrize(
    ("first", "repeated"),
    [
        (Unreachable("x", sent=True), True),
        (Unreachable("x", sent=False), False),
        (Answer(500, None), True),
        (Answer(429, None), True),
    ],
)
async def test_it_is_known_whether_an_earlier_try_may_have_arrived(at_once, first, repeated):
    assert (await patiently(Sender(first, Answer(200, {}))))[1] is repeated


async def test_the_last_failure_tells_how_long_it_was_tried(at_once):
    send = Sender(Unreachable("host cannot be reached.", sent=False))

    with pytest.raises(Unreachable, match=r"^host cannot be reached\. It was tried 4 times in 0 s\.$") as caught:
        await patiently(send)

    assert (send.sent, caught.value.sent) == (ATTEMPTS, False)


async def test_one_try_that_may_have_arrived_marks_all(at_once):
    send = Sender(Unreachable("x", sent=True), Unreachable("x", sent=False))

    with pytest.raises(Unreachable) as caught:
        await patiently(send)

    assert caught.value.sent is True


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (None, "the API answered HTTP 503, tried 4 times in 0 s [http503]."),
        (
            {"errors": [{"code": "busy", "message": "Too busy.", "taskUUID": "a"}]},
            "Too busy, tried 4 times in 0 s [busy].",
        ),
        ({"error": {"code": "busy", "message": "Too busy."}}, "Too busy, tried 4 times in 0 s [busy]."),
    ],
)
async def test_the_last_answer_tells_how_long_it_was_tried(at_once, payload, words):
    answer, _ = await patiently(Sender(Answer(503, payload)))

    assert [str(p) for p in Frame.read(answer.payload, answer.status).problems] == [words]


async def test_an_error_keeps_its_task(at_once):
    answer, _ = await patiently(Sender(Answer(503, {"errors": [{"code": "busy", "taskUUID": "a"}]})))

    assert Frame.read(answer.payload).problems[0].task_uuids == ("a",)


@pytest.mark.parametrize("told", [GivenUp("x"), Answer(503, None, again=False)])
async def test_a_used_up_quota_ends_the_trying(at_once, told):
    send = Sender(told)
    with suppress(Unreachable):
        await patiently(send)

    assert send.sent == 1


@pytest.mark.parametrize(("asked", "least"), [(0, 0), (3, 3), (10_000, LONGEST_WAIT)])
def test_retry_after_is_kept_up_to_a_minute_and_never_cut_short(asked, least):
    waits = {_backoff(_TryAgain(Answer(429, None, asked))) for _ in range(20)}

    assert all(least <= wait <= least + 0.5 for wait in waits)
    assert len(waits) > 1


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("x")])
def test_a_bug_of_ours_is_not_tried_again(error):
    assert _backoff(error) is False
