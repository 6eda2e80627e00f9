"""The worker: notes share a transaction, nobody who waits is kept waiting, and what is noted is written all the same."""

from __future__ import annotations

import sqlite3
import threading

import pytest

from runware_nb.memory import worker
from runware_nb.memory.worker import Worker

INSERT = "INSERT INTO savings VALUES ('', ?, '', '', 0, 0, 0)"


class Commits:
    """A worker, and how many transactions it made."""

    def __init__(self, path):
        self.count = 0
        self.seen = threading.Event()
        self.worker = Worker(path, print, self.committing)

    def committing(self):
        self.count += 1
        self.seen.set()

    def note(self, *models):
        for model in models:
            self.worker.note(lambda c, model=model: c.execute(INSERT, (model,)))

    def ask(self):
        return self.worker.do(lambda c: c.execute("SELECT model FROM savings ORDER BY model").fetchall()).result(60)


@pytest.fixture
def commits(tmp_path):
    commits = Commits(tmp_path / "ledger.sqlite")
    yield commits
    commits.worker.close()


def test_notes_share_the_transaction_of_who_asks_next_and_are_seen_by_it(commits, monkeypatch):
    monkeypatch.setattr(worker, "GATHER", 60)
    commits.note("a", "b", "c")

    assert commits.ask() == [("a",), ("b",), ("c",)]
    assert commits.count == 1


def test_a_note_is_written_down_though_nobody_asks(commits, tmp_path):
    commits.note("a")

    assert commits.seen.wait(60)
    commits.worker.close()
    assert sqlite3.connect(tmp_path / "ledger.sqlite").execute("SELECT model FROM savings").fetchall() == [("a",)]


def test_notes_that_pile_up_are_written_down_at_once(commits, monkeypatch):
    monkeypatch.setattr(worker, "GATHER", 600)
    commits.note(*(str(n) for n in range(worker.FULL + 1)))  # the first is taken, and waits for more

    assert commits.seen.wait(60)


def test_closing_writes_down_what_was_noted_without_waiting_for_more(commits, tmp_path, monkeypatch):
    monkeypatch.setattr(worker, "GATHER", 60)
    commits.note("a")
    commits.worker.close()

    assert sqlite3.connect(tmp_path / "ledger.sqlite").execute("SELECT model FROM savings").fetchall() == [("a",)]


def test_more_than_a_batch_of_notes_keeps_nobody_waiting(commits, monkeypatch):
    monkeypatch.setattr(worker, "GATHER", 60)
    commits.note(*(str(n) for n in range(2 * worker.BATCH)))

    assert len(commits.ask()) == 2 * worker.BATCH


def test_a_note_that_fails_takes_nothing_with_it(commits):
    commits.worker.note(lambda c: c.execute("INSERT INTO nowhere VALUES (1)"))
    commits.note("a")

    assert commits.ask() == [("a",)]
