"""Contests: which two cells of a board to judge next, and what a judgement of them is.

Two cells are judged against each other only if they differ on one axis, the one voted on: the same prompt and seed
under two models. Next comes the pair that teaches most: where it is open who wins, and few votes are in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import SystemRandom
from typing import Any, Final

from runware_nb.compare import ranks
from runware_nb.compare.boards import Board, Cell, alike
from runware_nb.compare.opinions import Vote, Winner
from runware_nb.errors import UnknownName, UsageError

_CHANCE: Final = SystemRandom()


@dataclass(frozen=True, slots=True)
class Contest:
    """What is voted on.

    Parameters
    ----------
    board
        The cells.
    axis
        The axis whose values are compared.
    key
        Gives the key of a cell's result, under which votes lie.
    """

    board: Board
    axis: str
    key: Callable[[Cell], str]

    @property
    def items(self) -> list[str]:
        """What is compared."""
        return [item(value) for value in self.board.axes[self.axis]]

    def pairs(self) -> Iterator[tuple[Cell, Cell]]:
        """Return all pairs that are here and can be told apart."""
        for cell in self.board.cells:
            line = self.board.line(cell, self.axis)
            if line[0] is cell:
                here = [other for other in line if other.result is not None]
                yield from ((a, b) for a, b in combinations(here, 2) if not alike(a, b))

    def open(self, votes: Sequence[Vote]) -> list[tuple[Cell, Cell]]:
        """Return the pairs that nobody has judged."""
        judged = {frozenset((vote.left, vote.right)) for vote in votes}
        return [(a, b) for a, b in self.pairs() if frozenset((self.key(a), self.key(b))) not in judged]

    def next(self, votes: Sequence[Vote]) -> tuple[Cell, Cell] | None:
        """Return the pair to judge next, its left and its right by chance; None when all are judged."""
        left_over = self.open(votes)
        if not left_over:
            return None
        mine = [vote for vote in votes if vote.axis == self.axis]
        named = {(self._item(a), self._item(b)) for a, b in left_over}
        worth = ranks.teaching(ranks.strengths(mine, self.items), sorted(named))
        most = max(worth.values())
        best = [(a, b) for a, b in left_over if worth[self._item(a), self._item(b)] >= most - 1e-12]
        pair = _CHANCE.choice(best)
        return pair if _CHANCE.random() < 0.5 else (pair[1], pair[0])  # noqa: PLR2004

    def vote(self, left: Cell, right: Cell, winner: Winner, *, ms: int = 0, voter: str = "") -> Vote:
        """Return the judgement of a pair."""
        same = {name: item(value) for name, value in self.board.place(left).items() if name != self.axis}
        return Vote(
            self.key(left),
            self.key(right),
            self._item(left),
            self._item(right),
            json.dumps(same, sort_keys=True),
            winner,
            max(0, ms),
            voter=voter,
            axis=self.axis,
        )

    def _item(self, cell: Cell) -> str:
        return item(self.board.place(cell)[self.axis])


def item(value: Any) -> str:
    """Write a value of an axis: text and numbers as they are, media by the name of their file."""
    path = getattr(value, "path", None)
    return str(path.name if path is not None else getattr(value, "name", None) or value)


def axis_of(board: Board) -> str | None:
    """Return the axis to vote on when nobody says: the model's, else the last with several values."""
    several = [name for name, values in board.axes.items() if len(values) > 1]
    return "model" if "model" in several else next(reversed(several), None)


def axis_named(board: Board, asked: str | None) -> str:
    """Return the axis that was asked for, or that of `axis_of`.

    Raises
    ------
    UnknownName, UsageError
        For an axis that is not there, or a board with nothing to vote on.
    """
    chosen = asked or axis_of(board)
    if chosen is None:
        raise UsageError("this grid has no axis of several values: there is nothing to rank.")
    if chosen not in board.axes:
        raise UnknownName("axis", chosen[:40], board.axes, f"Axes: {', '.join(board.axes)}.")
    return chosen
