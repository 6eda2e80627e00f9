"""Judges: a model votes on a grid through the same session. Its cost is shown first, its votes are kept apart."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from runware_nb.api.tasks import Task
from runware_nb.compare import judging
from runware_nb.compare.contests import Contest
from runware_nb.compare.judging import Agreement
from runware_nb.compare.opinions import Opinions, Vote
from runware_nb.compare.rankings import JUDGE, Ranking
from runware_nb.display.judgements import notes
from runware_nb.display.quotes import quote_bundle
from runware_nb.display.rankings import ranking_bundle
from runware_nb.errors import UsageError
from runware_nb.grids import Grid
from runware_nb.loops import interruptible, wait_for
from runware_nb.reprs import Drawn, mimebundle, type_of_bundle
from runware_nb.sessions import MaxCost, Quote, Session


@dataclass(frozen=True, repr=False)
class Judgement(Drawn):
    """What a judge said.

    Parameters
    ----------
    question, model
        Who was asked what.
    ranking
        Of its votes.
    asked, unread
        Judgements asked for, and those among them that failed or named no winner.
    both, same
        Pairs judged both ways round, and how many of them with the same outcome.
    agreement
        With the votes of people.
    cost, sandbox
        USD, as far as it is known, and whether that is play money.
    """

    question: str
    model: str
    ranking: Ranking
    asked: int
    unread: int
    both: int
    same: int
    agreement: Agreement
    cost: float
    sandbox: bool

    def __repr__(self) -> str:
        return f"<Judgement by {self.model}: {len(self.ranking.votes)} of {self.asked} votes>"


@dataclass(repr=False)
class Judging(Drawn):
    """Judgements to be made: shown, what they would cost; awaited, they are made. See `runware_nb.judge`."""

    grid: Grid
    question: str
    model: str
    contest: Contest
    session: Session
    most: int
    max_cost: MaxCost
    mode: str
    tell: Callable[[str], None]
    tasks: list[dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        row = self.session.catalog.get(self.session.catalog.resolve(self.model))
        if row is None or row.task_type != "textInference":
            raise UsageError(
                f"{self.model[:60]!r} is no text model, so it cannot judge: %runware models text lists them."
            )
        self.model = row.air
        self.pairs = judging.pairings(self.contest, self.most)
        self.tasks = [
            judging.task_of(self.question, left.result, right.result, row)
            for left, right in self.pairs
            if left.result and right.result
        ]

    def __repr__(self) -> str:
        return f"<Judging by {self.model}: {len(self.tasks)} judgements to be made>"

    def __await__(self) -> Generator[Any, None, Judgement]:
        return interruptible(self._made()).__await__()

    def estimate(self) -> Quote:
        """Return what it would send, what is here already, and at what price. Sends nothing."""
        return wait_for(self.session.quote(self.tasks, self.mode))

    async def _made(self) -> Judgement:
        quote = await self.session.quote(self.tasks, self.mode)
        known = [f"about ${quote.usd:.4f}{' of play money' * quote.sandbox}"] if quote.unpriced < quote.make else []
        known += [f"{quote.unpriced} of unknown price"] if quote.unpriced else []
        price = ", ".join(known) or "nothing to pay"
        self.tell(f"{quote.make} judgements by {self.model}: {price}; {quote.here} are here already.")
        tasks = [Task.of(task) for task in self.tasks]
        run = await self.session.run(tasks, name="judgements", max_cost=self.max_cost, mode=self.mode)
        said = {result.task.task_uuid: result.text for result in run}
        answers = [said.get(task.task_uuid) for task in tasks]
        votes = list(judging.votes_of(self.contest, self.pairs, answers, f"{JUDGE}{self.model}"))
        self._keep(votes)
        both, same = judging.consistency(votes)
        keys = {self.grid.key(cell) for cell in self.grid.board.cells}
        people = [v for v in self.grid.opinions.votes if v.axis == self.contest.axis and {v.left, v.right} <= keys]
        return Judgement(
            self.question,
            self.model,
            Ranking.of(votes, self.contest.items, self.contest.axis),
            len(tasks),
            len(tasks) - len(votes),
            both,
            same,
            judging.agreement(people, votes),
            sum(r.cost or 0 for r in run),
            run.sandbox,
        )

    def _keep(self, votes: list[Vote]) -> None:
        """Write votes down that are not there yet: asked again, the same judge says the same from the cache."""
        kept = Opinions(self.session.folder, judging.NAME)
        known = {(v.left, v.right, v.voter, v.axis) for v in kept.votes}
        for vote in votes:
            if (vote.left, vote.right, vote.voter, vote.axis) not in known:
                kept.vote(vote)


@mimebundle.register
def judgement_bundle(judgement: Judgement) -> type_of_bundle:
    """Draw what a judge said."""
    told = (judgement.asked, judgement.unread, judgement.both, judgement.same)
    cost = (judgement.cost, judgement.sandbox)
    first = notes(judgement.question, judgement.model, told, judgement.agreement, cost)
    return ranking_bundle(judgement.ranking, tuple(first))


@mimebundle.register
def judging_bundle(to_be: Judging) -> type_of_bundle:
    """Draw what judgements would cost."""
    return quote_bundle(to_be.estimate())
