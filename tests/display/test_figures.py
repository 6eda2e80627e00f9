import math

import pytest

from runware_nb.display import figures


@pytest.mark.parametrize(
    ("usd", "words"),
    [
        (0, "$0.00"),
        (0.0013, "$0.0013"),
        (0.18, "$0.18"),
        (12.5, "$12.50"),
        (0.0000035, "$0.0000035"),
        (1234.5, "$1,234.50"),
    ],
)
def test_money_keeps_small_prices_apart(usd, words):
    assert figures.money(usd) == words


def test_an_unknown_price_is_not_zero():
    assert figures.cost(None) == "cost unknown"


@pytest.mark.parametrize(
    ("seconds", "words"), [(1.84, "1.8 s"), (41.2, "41 s"), (59.7, "1 min"), (125, "2 min 5 s"), (math.nan, "? s")]
)
def test_seconds_in_words(seconds, words):
    assert figures.seconds(seconds) == words


@pytest.mark.parametrize(("seconds", "words"), [(5, "0:05"), (65, "1:05"), (3750, "1:02:30")])
def test_clips_are_told_as_players_do(seconds, words):
    assert figures.clock(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"), [(712, "712 bytes"), (84_000, "84 KB"), (999_600, "1.0 MB"), (3_100_000, "3.1 MB")]
)
def test_sizes_in_words(count, words):
    assert figures.size(count) == words


def test_a_terminal_gets_no_control_characters():
    assert figures.printable("a\x1b[31mb\x9bc\r\n\td\ud800") == "a[31mbc\n\td?"
