import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from runware_nb import errors
from runware_nb.api.runs import Accepted, Arrived, Delta, Progress, Refused, Run
from runware_nb.display import LiveCard, live
from runware_nb.display.bundles import FACTS
from runware_nb.display.live import card_of

from .making import IMAGE, picture, result, run, task


class Screen:
    """What a page was sent, and a clock that stands still."""

    def __init__(self):
        self.sent = []
        self.now = 0.0

    def publish(self, data, metadata, is_update):
        self.sent.append((data, is_update))

    def card(self, run, **options):
        return LiveCard(run, publish=self.publish, clock=lambda: self.now, **options)


@pytest.fixture
def screen():
    return Screen()


def test_the_first_drawing_makes_the_output_and_later_ones_replace_it(screen):
    asked = task()
    card = screen.card(Run.of([asked]))
    card.show()
    screen.now = 1.0
    card.watch(Run.of([asked]).after(Accepted(asked.task_uuid)))

    assert [is_update for _, is_update in screen.sent] == [False, True]


def test_drawings_that_come_too_fast_are_held_back(screen):
    made = Run.of([task()])
    card = screen.card(made)
    card.show()
    for _ in range(50):
        card.update(made.after(Accepted(made.tasks[0].task_uuid)))

    assert len(screen.sent) == 1


async def test_the_last_state_is_drawn_though_it_came_too_fast():
    screen, made = Screen(), Run.of([task("textInference")])
    card = LiveCard(made, publish=screen.publish, interval=0.02)
    card.show()
    for words in ("one ", "two ", "three"):
        made = made.after(Delta(made.tasks[0].task_uuid, words))
        card.update(made)
    await asyncio.sleep(0.1)
    card.finish()

    *_, last, _static = (data for data, _ in screen.sent)
    assert "one two three" in last["text/html"]


def test_the_first_words_of_a_text_are_drawn_at_once_and_the_next_are_held_back(screen):
    made = Run.of([task("textInference")])
    card = screen.card(made)
    card.show()
    for words in ("one ", "two ", "three"):
        made = made.after(Delta(made.tasks[0].task_uuid, words))
        card.update(made)

    assert len(screen.sent) == 2
    assert "one" in screen.sent[1][0]["text/html"]


def streamed(screen, *, every, characters, seconds=2.0):
    """Have words come to a card that looks for them each 4 ms; return when they came, and when it drew."""
    made = Run.of([task("textInference")])
    card = screen.card(made)
    card.show()
    came, drawn = [], []
    for look in range(1, round(seconds / 0.004)):
        screen.now = look * 0.004
        if screen.now >= every * (len(came) + 1):
            made = made.after(Delta(made.tasks[0].task_uuid, "x" * characters))
            came.append(screen.now)
        before = len(screen.sent)
        card.update(made)
        drawn += [screen.now] * (len(screen.sent) - before)
    return came, drawn


@pytest.mark.parametrize("every", [0.004, 0.008, 0.021, 0.036])
@pytest.mark.parametrize(("characters", "a_second"), [(1, 30), (3000, 15)])
def test_words_are_drawn_thirty_times_a_second_at_most_and_many_of_them_half_as_often(
    screen, every, characters, a_second
):
    _, drawn = streamed(screen, every=every, characters=characters)

    assert 0.6 * min(a_second, 1 / every) <= len(drawn) / 2 <= a_second + 1


def test_most_words_of_a_usual_model_are_drawn_as_they_come_and_the_others_with_the_next(screen):
    came, drawn = streamed(screen, every=0.021, characters=1)
    late = [next(at for at in drawn if at >= when) - when for when in came[:-2]]

    assert sum(each == 0 for each in late) > 0.55 * len(late)
    assert max(late) < 0.03


def test_reasoning_that_begins_just_after_a_drawing_is_drawn_at_once(screen):
    made = Run.of([task("textInference")])
    card = screen.card(made)
    card.show()
    made = made.after(Accepted(made.tasks[0].task_uuid))
    screen.now = 0.25
    card.update(made)
    screen.now = 0.29
    card.update(made.after(Delta(made.tasks[0].task_uuid, "", "hmm")))

    assert "hmm" in screen.sent[-1][0]["text/html"]


def test_reasoning_makes_way_for_the_answer_in_no_fold_as_a_drawing_would_close_it():
    asked = task("textInference")
    made = Run.of([asked]).after(Accepted(asked.task_uuid)).after(Delta(asked.task_uuid, "", "They want a fox."))
    answering = made.after(Delta(asked.task_uuid, "Fox."))

    assert "They want a fox." in live.live_html(made)
    assert "They want a fox." not in live.live_html(answering)
    assert "reasoning" in live.live_html(answering)
    assert "<details" not in live.live_html(made) + live.live_html(answering)


def test_the_last_words_before_a_silence_are_drawn_soon(screen):
    made = Run.of([task("textInference")])
    card = screen.card(made)
    card.show()
    for look in range(40):
        screen.now = look * 0.004
        made = made.after(Delta(made.tasks[0].task_uuid, f"word{look} ")) if look < 20 else made
        card.update(made)

    assert "word19" in screen.sent[-1][0]["text/html"]


async def test_a_finished_card_draws_no_more():
    screen, made = Screen(), Run.of([task()])
    card = LiveCard(made, publish=screen.publish, interval=0.01)
    card.show()
    card.update(made.after(Accepted(made.tasks[0].task_uuid)))
    card.finish(made.end())
    drawn = len(screen.sent)
    card.update(made)
    await asyncio.sleep(0.05)

    assert len(screen.sent) == drawn


def test_the_end_is_the_static_drawing(screen, tmp_path):
    done = run(result(picture(tmp_path / "x.png"))).end()
    card = screen.card(done)
    card.show()
    card.finish(done)

    assert FACTS in screen.sent[-1][0]
    assert FACTS not in screen.sent[0][0]


def test_an_unchanged_run_is_not_drawn_again_within_its_second(screen):
    made = Run.of([task()])
    card = screen.card(made)
    card.show()
    screen.now = 0.5
    card.update(made)

    assert len(screen.sent) == 1


def test_a_run_that_cannot_be_drawn_still_shows_words(screen, monkeypatch):
    monkeypatch.setattr(live, "live_html", lambda run: 1 / 0)
    screen.card(Run.of([task()])).show()

    assert screen.sent[0][0]["text/plain"].startswith("<Run image")


def test_states_are_told_in_words(tmp_path):
    tasks = [task(seed=n) for n in range(4)]
    made = Run.of(tasks)
    made = made.after(Accepted(tasks[1].task_uuid)).after(Progress(tasks[2].task_uuid, 37.4))
    made = made.after(Refused(tasks[3].task_uuid, errors.ContentRefused("no.", code="promptBlocked")))
    page = live.live_html(made)

    assert all(words in page for words in ("queued", "running", "37 %", "promptBlocked"))


def test_what_was_spent_and_the_time_are_told(tmp_path):
    from dataclasses import replace

    asked = task(numberResults=2)
    made = Run.of([asked]).after(Arrived(result(picture(tmp_path / "x.png"), asked, **IMAGE)))
    page = live.live_html(replace(made, started=datetime.now(UTC) - timedelta(seconds=7.5)))

    assert "$0.0013" in page
    assert "7 s" in page
    assert "1 of 2" in page


def test_a_picture_shows_as_soon_as_it_is_here_unless_it_is_flagged(tmp_path):
    asked, path = task(numberResults=2), picture(tmp_path / "x.png")

    assert "<img" in live.live_html(Run.of([asked]).after(Arrived(result(path, asked, **IMAGE))))
    assert "<img" not in live.live_html(Run.of([asked]).after(Arrived(result(path, asked, **IMAGE, NSFWContent=True))))


def test_a_long_streamed_text_shows_its_end():
    asked = task("textInference")
    page = live.live_html(Run.of([asked]).after(Delta(asked.task_uuid, "x" * 50_000 + "the end")))

    assert "the end" in page
    assert len(page) < 15_000


def test_a_terminal_gets_one_line_at_the_end(capsys, tmp_path):
    made = run(result(picture(tmp_path / "x.png")))
    card = card_of(made)
    card.show()
    card.update(made)
    card.finish(made.end())

    assert capsys.readouterr().out == f"Run(image, 1 of 1, $0.0013)\n  {made[0].path}\n"
