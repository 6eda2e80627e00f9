"""Opinions: what people think of results. Stars, notes and tags of one, and votes between two.

They lie beside the results in `opinions.jsonl`, a line each, only ever added to: a vote taken back is a line as well.
They are kept under the key of the result in the cache, so that they are there again when the same is asked for again.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, get_args

from runware_nb.errors import UsageError

NAME: Final = "opinions.jsonl"
Winner = Literal["left", "right", "tie", "bad"]
"""Who won a vote: `bad` says that both are, which is no tie."""
_MOST: Final = 5
_LONGEST: Final = 10_000
"""Characters of a note."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What is thought of one result: stars (1 to 5, 0 for none), a note, tags."""

    stars: int = 0
    note: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vote:
    """One judgement of two results, seen side by side without their makers' names.

    Parameters
    ----------
    left, right
        Keys of the results, as they lay on the screen.
    left_item, right_item
        What is compared: the values of the results on the axis voted on, such as two models.
    context
        What is the same of both, such as prompt and seed, as JSON.
    winner
        `left`, `right`, `tie`, or `bad` for both.
    ms
        Milliseconds from seeing both to the vote.
    at
        UTC time.
    voter
        Who: a person's or a model's name.
    axis
        The axis voted on.
    """

    left: str
    right: str
    left_item: str
    right_item: str
    context: str
    winner: Winner
    ms: int = 0
    at: str = ""
    voter: str = ""
    axis: str = ""


class Opinions:
    """The opinions of a folder.

    Parameters
    ----------
    folder
        Where they are, or will be.
    name
        Of the file.
    """

    def __init__(self, folder: Path, name: str = NAME) -> None:
        self._path = folder / name
        self._of: dict[str, Opinion] = {}
        self.votes: list[Vote] = []
        for told in _read(self._path):
            with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError, IndexError, UsageError):
                self._take(told)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all results that something is thought of."""
        return tuple(self._of)

    def of(self, key: str) -> Opinion:
        """Return what is thought of a result."""
        return self._of.get(key, Opinion())

    def rate(
        self, key: str, *, stars: int | None = None, note: str | None = None, tags: tuple[str, ...] | None = None
    ) -> Opinion:
        """Change what is given, keep the rest, and return the whole.

        Raises
        ------
        UsageError
            For more than 5 stars, or a note of more than 10,000 characters.
        OSError
            When it cannot be written down.
        """
        old = self.of(key)
        opinion = Opinion(
            old.stars if stars is None else stars,
            old.note if note is None else note,
            old.tags if tags is None else tags,
        )
        self._append({"kind": "opinion", "key": key, **asdict(opinion)})
        return self.of(key)

    def vote(self, vote: Vote) -> None:
        """Write a vote down. Raises OSError when it cannot be."""
        self._append({"kind": "vote", **asdict(replace(vote, at=vote.at or _now()))})

    def undo(self) -> Vote | None:
        """Take the last vote back, and return it; None when there is none."""
        if not self.votes:
            return None
        last = self.votes[-1]
        self._append({"kind": "undo"})
        return last

    def _append(self, told: Mapping[str, Any]) -> None:
        """Take a line, once it is on the disk. One write, so that several kernels can share the file."""
        _checked(told)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(self._path, flags, 0o644)
        try:
            os.write(descriptor, f"{json.dumps(told, ensure_ascii=True)}\n".encode())
        finally:
            os.close(descriptor)
        self._take(told)

    def _take(self, told: Mapping[str, Any]) -> None:
        _checked(told)
        match told["kind"]:
            case "opinion":
                self._of[str(told["key"])] = Opinion(int(told["stars"]), str(told["note"]), tuple(told["tags"]))
            case "vote":
                self.votes.append(Vote(**{k: v for k, v in told.items() if k != "kind"}))
            case "undo":
                self.votes.pop()


def _checked(told: Mapping[str, Any]) -> None:
    if told["kind"] == "opinion":
        stars, note, tags = told["stars"], told["note"], told["tags"]
        if isinstance(stars, bool) or not isinstance(stars, int) or not 0 <= stars <= _MOST:
            raise UsageError(f"stars are 1 to {_MOST}, or 0 for none; not {stars!r:.20}.")
        if not isinstance(note, str) or len(note) > _LONGEST:
            raise UsageError(f"a note is text of at most {_LONGEST:,} characters.")
        if not all(isinstance(tag, str) and 0 < len(tag) <= _TAG for tag in tags):
            raise UsageError(f"a tag is a word of at most {_TAG} characters.")
    elif told["kind"] == "vote" and told["winner"] not in get_args(Winner):
        raise UsageError(f"a vote is left, right, tie or bad; not {told['winner']!r:.20}.")


_TAG: Final = 60


def _read(path: Path) -> Iterator[Any]:
    """Return the lines of a file. Broken ones are left out."""
    with contextlib.suppress(OSError), path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            with contextlib.suppress(ValueError):
                yield json.loads(line)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
