"""Warming: who wants something while a thread imports it waits, and that thread itself does not."""

from __future__ import annotations

import threading

import pytest

from runware_nb import warming


@pytest.fixture(autouse=True)
def nothing_under_way(monkeypatch):
    monkeypatch.setattr(warming, "_under_way", [])


def test_nothing_is_waited_for_where_nothing_is_imported():
    warming.wait()

    assert warming.is_warm()


def test_others_wait_until_all_is_imported_and_not_for_what_comes_after():
    told, go, end = [], threading.Event(), threading.Event()

    def imports():
        warming.wait()  # the thread itself
        go.wait(10)
        told.append("imported")

    warming.warm(imports, lambda: end.wait(10))
    before = warming.is_warm()
    threading.Timer(0.05, go.set).start()
    warming.wait()

    assert (before, told, warming.is_warm()) == (False, ["imported"], True)
    end.set()


def test_what_cannot_be_imported_is_not_waited_for_for_ever():
    thrown = []
    hook, threading.excepthook = threading.excepthook, lambda told: thrown.append(told.exc_type)
    try:
        warming.warm(lambda: 1 / 0, lambda: None)
        warming.wait()
        for thread, _ in warming._under_way:
            thread.join()
    finally:
        threading.excepthook = hook

    assert thrown == [ZeroDivisionError]
