"""Playdesk: a playground on a page. It turns what the user does into calls of the playground, and tells what changed.

All of it happens on the background loop, so that a form can be filled in while a cell runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from runware_nb import desks, forms, presets, reprs
from runware_nb.api import inputs, wire
from runware_nb.api.results import Asset, Result
from runware_nb.api.runs import Run
from runware_nb.catalog import Models
from runware_nb.catalog.finding import kind_of, taken
from runware_nb.desks import Desk, Does, Message
from runware_nb.display import figures, models, posters, previews
from runware_nb.display.fronts import can_ask
from runware_nb.display.layouts import label
from runware_nb.display.links import data_uri
from runware_nb.display.thumbs import thumb
from runware_nb.errors import RunwareError, UsageError
from runware_nb.loops import background
from runware_nb.memory import queries
from runware_nb.memory.ledger import usd
from runware_nb.memory.queries import Entry
from runware_nb.memory.revival import revived
from runware_nb.playgrounds import SAYS, Flaw, Playground, Verdict
from runware_nb.uploads import Uploads, beside
from runware_nb.widgets.playground import PlaygroundView
from runware_nb.widgets.sources import source

INTERVAL: Final = 0.2
"""Seconds between two updates of the page."""
_PAUSE: Final = 0.12
"""Seconds after the last key before the task is looked at."""
_FOUND: Final = 60
_SHOWN: Final = 12
"""Results in the history strip, and tasks of a cell that are listed."""
_MEDIA: Final = "media:"
_POSTER: Final = 24_000


class PlayDesk(Desk):
    """One playground, shown in one output."""

    def __init__(self, playground: Playground) -> None:
        super().__init__()
        self._playground = playground
        self._tokens: dict[str, tuple[Any, dict[str, Any]]] = {}
        self._files: dict[str, Path] = {}
        self._sources: dict[tuple[str, int, int], dict[str, Any]] = {}
        self._uploads = Uploads(playground.session.folder)
        self._revision = self._number = 0
        self._verdict = Verdict()
        self._held: tuple[Run, bool] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._judging: asyncio.Task[None] | None = None
        self._drawing: asyncio.Task[None] | None = None
        self._told = ""
        self._view = PlaygroundView(self._asked, self._files.get, playground.fallback, **self._traits())
        self._unwatch = playground.watch(self._changed)

    def show(self) -> None:
        """Put it on the page, and look at its task."""
        super().show()
        background().call_soon_threadsafe(self._begin)

    def _at_rest(self) -> reprs.type_of_bundle:
        run = self._playground.run
        return reprs.mimebundle(run) if run.results else (_plain(self._playground), {})

    def _leave(self) -> None:
        self._unwatch()
        background().call_soon_threadsafe(self._rest)

    def _rest(self) -> None:
        """Let go of what waits: a frozen playground looks at no task, and opens no session again."""
        for waiting in (self._timer, self._judging):
            if waiting is not None:
                waiting.cancel()

    def _begin(self) -> None:
        self._judge()
        self._hold(self._remember())
        self._hold(asyncio.to_thread(lambda: [*self._playground.session.catalog]))  # so that the first search is quick
        self._changed()

    # What the user does.

    def _heard(self, message: Message) -> None:
        """Tell nothing: a form says what it has by the number of its task."""

    def _take(self, message: Message) -> None:
        self._told = ""
        if isinstance(task := message.get("task"), Mapping):
            self._playground.change(self._with_media(task))
            self._number = int(message.get("number", self._number))

    def _fail(self, message: Message, error: RunwareError) -> None:
        self._told = str(error)
        self._view.send({"kind": "failed", "of": message["kind"], "id": message.get("id"), "message": str(error)})
        self._changed()

    def _changes(self, content: Message) -> None:
        if isinstance(content.get("sweep"), str) and self._playground.writer:
            self._playground.writer.sweep = content["sweep"]
        self._judge(_PAUSE)

    def _finds(self, content: Message) -> None:
        catalog, words = self._playground.session.catalog, str(content["words"])[:200]
        found = Models(lambda: catalog)(words)
        rows = [
            {"air": m.air, "slug": m.slug, "by": m.creator, "kind": kind_of(m), "takes": taken(m)[:6],
             "price": models.price(m)}
            for m in found[:_FOUND]
        ]  # fmt: skip
        if not rows and ":" in words and "@" in words:
            told = "not in the catalogue"
            rows = [{"air": words, "slug": words, "by": told, "kind": self._playground.kind, "takes": [], "price": ""}]
        self._view.send({"kind": "found", "words": content["words"], "rows": rows, "all": len(found)})

    def _picks(self, content: Message) -> None:
        self._playground.pick(str(content["name"]))
        self._renew()

    def _runs(self, content: Message) -> None:
        self._playground.go(agreed=content.get("agreed") is True)

    def _copies(self, content: Message) -> None:
        what = {"cell": "cell", "python": "code", "json": "json", "grid": "grid"}[content["what"]]
        text = getattr(self._playground, what)
        self._view.send({"kind": "copied", "what": content["what"], "text": text, "id": content.get("id")})

    def _presets(self, content: Message) -> None:
        name = str(content["name"])
        match content["act"]:
            case "save":
                presets.save(name, self._playground.task)
            case "forget":
                presets.forget(name)
            case "load":
                self._playground.preset(name)
                self._renew()
        self._view.presets = presets.names()

    async def _recalls(self, content: Message) -> None:
        if self._playground.state != "running":
            await self._playground.recall(str(content["uuid"]))
            self._renew()

    async def _uses(self, content: Message) -> None:
        """Take a file of an earlier result as an input."""
        run = await self._playground.session.recall(str(content["uuid"]))
        asset = next((a for r in run for a in r.assets if a.path and a.medium in _fitting(content["medium"])), None)
        if asset is None or asset.path is None or not asset.path.is_file():
            raise UsageError("the file of this result is no longer here.")
        await self._offer(beside(asset.path), content)

    async def _uploads_part(self, content: Message) -> None:
        name, offset, total, buffers = str(content["id"]), content["offset"], content["total"], content["buffers"]
        if not isinstance(offset, int) or not isinstance(total, int) or not buffers:
            raise UsageError("the file did not arrive in order: try again.")
        path = self._uploads.take(name, offset, total, str(content["medium"]), buffers[0])
        if path is None:
            self._view.send({"kind": "more", "id": content["id"], "offset": offset + len(buffers[0])})
        else:
            await self._offer(path, content)

    async def _offer(self, path: Path, content: Message) -> None:
        token = await asyncio.to_thread(self._token, path, str(content.get("name") or path.name))
        self._view.media = self._told_media()
        self._view.send({"kind": "offered", "id": content["id"], "token": token})

    _DOES: ClassVar[Mapping[str, Does]] = {
        "change": _changes,
        "find": _finds,
        "pick": _picks,
        "run": _runs,
        "stop": lambda self, _: self._playground.stop(),
        "decline": lambda self, _: self._playground.decline(),
        "copy": _copies,
        "preset": _presets,
        "recall": _recalls,
        "use": _uses,
        "upload": _uploads_part,
        "drop": lambda self, content: self._uploads.drop(str(content["id"])),
        "freeze": lambda self, _: self.freeze(),
    }

    # What the page is told.

    def _renew(self) -> None:
        """Tell the page of another model or task, in place of the one it has."""
        self._revision += 1
        with contextlib.suppress(Exception), self._view.hold_sync():
            for name, value in self._about().items():
                self._view.set_trait(name, value)
        self._judge()
        self._changed()

    def _judge(self, after: float = 0.0) -> None:
        if self._is_frozen:
            return
        if self._judging is not None:
            self._judging.cancel()
        self._judging = asyncio.ensure_future(self._judged(after))

    async def _judged(self, after: float) -> None:
        await asyncio.sleep(after)
        number = self._number
        try:
            self._verdict = await self._playground.judge()
        except Exception as error:  # noqa: BLE001  (a page that waits for ever would tell less)
            self._verdict = Verdict((Flaw("", f"{type(error).__name__}: {error}"),))
        if self._is_frozen:
            return
        with contextlib.suppress(Exception), self._view.hold_sync():
            self._view.set_trait("task", self._told_task(self._playground.task))
            self._view.set_trait("verdict", _told_verdict(self._verdict, number))
            self._view.set_trait("writer", self._writer())

    def _changed(self) -> None:
        if self._timer is None and not self._is_frozen:
            self._timer = background().call_later(INTERVAL if self._playground.state == "running" else 0, self._update)

    def _update(self) -> None:
        """Bring the page up to date, and come back while it runs."""
        self._timer = None
        if self._is_frozen:
            return
        with contextlib.suppress(Exception):  # a page that is gone must not stop the run
            self._view.set_trait("state", self._state())
        if self._drawing is None:
            self._drawing = asyncio.ensure_future(self._draw())
            self._drawing.add_done_callback(self._drawn)
        if self._playground.state == "running":
            self._changed()

    async def _draw(self) -> None:
        """Tell of the results that are there. Their pictures are made in a thread."""
        now = run, ended = self._now()
        if self._held == now:
            return
        told = [one for result in run.results for one in await asyncio.to_thread(self._shown, result)]
        if not self._is_frozen and told != self._view.sources and (told or ended):
            self._view.set_trait("sources", told)
        self._held = now
        if ended and run.results:
            self._judge()
            await self._remember()

    def _drawn(self, drawing: asyncio.Task[None]) -> None:
        self._drawing = None
        failed = drawing.cancelled() or drawing.exception() is not None
        if not failed and self._held != self._now():
            self._changed()

    def _now(self) -> tuple[Run, bool]:
        return self._playground.run, self._playground.state != "running"

    def _shown(self, result: Result) -> list[dict[str, Any]]:
        files = [a for a in result.assets if a.path and a.path.is_file() and not a.problem]
        several: list[Asset | None] = [*files] or ([None] if result.text and not result.assets else [])
        return [self._source(result, n, asset) for n, asset in enumerate(several)]

    def _source(self, result: Result, number: int, asset: Asset | None) -> dict[str, Any]:
        known = (result.task.task_uuid, result.index, number)
        if known not in self._sources:
            key = f"{len(self._sources)}"
            if asset and asset.path:
                self._files[key] = asset.path
            self._sources[known] = source(result, key, asset)
        return self._sources[known]

    async def _remember(self) -> None:
        """Tell of the newest results of the ledger."""
        past = self._playground.session.past(status="done", most=4 * _SHOWN)
        newest: dict[str, Entry] = {}
        for entry in await past.ledger.read(queries.entries(past.settled)):
            newest.setdefault(entry.uuid, entry)
        told = await asyncio.to_thread(lambda: [_remembered(entry) for entry in list(newest.values())[:_SHOWN]])
        if not self._is_frozen:
            self._view.set_trait("history", told)

    def _traits(self) -> dict[str, Any]:
        return {**self._about(), "state": self._state(), "presets": presets.names(), "writer": self._writer()}

    def _writer(self) -> dict[str, Any]:
        writer = self._playground.writer
        if writer is None:
            return {}
        varied = {path: [*values] for path, values in writer.varied.items()}
        return {"title": writer.title, "sweep": writer.sweep, "varied": varied}

    def _about(self) -> dict[str, Any]:
        model = self._playground.model
        return {
            "picked": {
                "air": model.air, "slug": model.slug, "by": model.creator, "kind": kind_of(model),
                "price": models.price(model) if model.prices else "price unknown", "takes": taken(model),
                "docs": model.documentation if model.creator else "",
            },
            "form": forms.form(model),
            "task": self._told_task(self._playground.task),
            "media": self._told_media(),
            "revision": self._revision,
        }  # fmt: skip

    def _state(self) -> dict[str, Any]:
        play = self._playground
        run = play.run
        percents = [run.progress[t.task_uuid] for t in run.unfinished if t.task_uuid in run.progress]
        cost = run.sandbox_cost if run.sandbox else run.cost
        is_cached = bool(run.results) and all(r.cached for r in run.results)
        return {
            "phase": play.state,
            "told": self._told or play.told,
            "percent": sum(percents) / len(percents) if percents else -1,
            "elapsed": run.elapsed or 0,
            "cost": 0 if is_cached else cost,
            "saved": sum(r.price or 0 for r in run.results) if is_cached else 0,
            "cached": is_cached,
            "sandbox": play.session.endpoint.sandbox or run.sandbox,
            "made": len(run.results),
            "asked": run.asked,
            "partial": "".join(run.partial.values())[-4000:] if play.state == "running" else "",
        }

    # Media: files here, tokens on the page.

    def _token(self, media: Any, name: str = "") -> str:
        path = media if isinstance(media, Path) else getattr(media, "path", None)
        known = next((token for token, (value, _) in self._tokens.items() if value is media or value == media), None)
        if known is None:
            known = f"{_MEDIA}{len(self._tokens)}"
            self._tokens[known] = (media, _told_file(path, name) if isinstance(path, Path) else _told_object(media))
        return known

    def _told_media(self) -> dict[str, Any]:
        return {token: told for token, (_, told) in self._tokens.items()}

    def _told_task(self, task: Mapping[str, Any]) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(json.dumps(self._without_media(task), default=str))
        return told

    def _without_media(self, value: Any) -> Any:
        if inputs.is_media(value):
            return self._token(value)
        if isinstance(value, Mapping):
            return {k: self._without_media(v) for k, v in value.items()}
        return [self._without_media(v) for v in value] if isinstance(value, list | tuple) else value

    def _with_media(self, value: Any) -> Any:
        if isinstance(value, str) and value in self._tokens:
            return self._tokens[value][0]
        if isinstance(value, Mapping):
            return {str(k): self._with_media(v) for k, v in value.items()}
        return [self._with_media(v) for v in value] if isinstance(value, list) else value


def show(playground: Playground) -> None:
    """Show a playground where a person is; elsewhere, say what it is."""
    from IPython.display import display

    if not can_ask():
        display(_plain(playground), raw=True)  # type: ignore[no-untyped-call]
        return
    desks.put(PlayDesk(playground), playground)


def _plain(playground: Playground) -> dict[str, str]:
    return {"text/plain": f"{playground!r}: {SAYS}", "text/html": playground.fallback()}


def _told_verdict(verdict: Verdict, number: int) -> dict[str, Any]:
    quote, plan = verdict.quote, verdict.plan
    bounds = quote.bounds if quote else (0.0, 0.0)
    tasks = plan.tasks if plan else ()
    axes: Sequence[Mapping[str, Any]] = (plan.axes if plan else ()) or [{} for _ in tasks]
    return {
        "number": number,
        "flaws": [{"path": flaw.path, "message": flaw.message} for flaw in verdict.flaws],
        "quote": quote and {
            "low": bounds[0], "likely": quote.usd, "high": bounds[1],
            "make": quote.make, "here": quote.here, "unpriced": quote.unpriced,
        },
        "tasks": [
            {"at": [[str(k), label(v)] for k, v in at.items()],
             "words": figures.shortened(figures.encodable(wire.prompt_of(task) or ""), 300)}
            for task, at in list(zip(tasks, axes, strict=False))[:_SHOWN]
        ],
        "all": len(tasks),
    }  # fmt: skip


def _remembered(entry: Entry) -> dict[str, Any]:
    """Tell of a row of the ledger, by the result it has."""
    known = revived(entry)
    result = known.result
    small = None
    with contextlib.suppress(RunwareError, OSError, ValueError):
        small = thumb(result, previews.SHEET_EDGE) if result else None
    words = known.task.prompt or (result and (result.text or result.medium)) or ""
    return {
        "uuid": entry.uuid,
        "poster": data_uri(small.data, small.mime) if small and len(small.data) < _POSTER else "",
        "medium": result.medium if result else "",
        "model": known.task.model or "",
        "words": figures.shortened(figures.encodable(words), 120),
        "when": entry.created,
        "cost": "play money" if entry.sandbox else figures.cost(usd(entry.cost)),
    }


def _told_file(path: Path, name: str) -> dict[str, Any]:
    told = {"name": figures.shortened(figures.encodable(name or path.name), 60), "medium": "", "poster": "", "bytes": 0}
    with contextlib.suppress(OSError, ValueError):
        from runware_nb.media import format_of, medium_of

        told["bytes"] = path.stat().st_size
        with path.open("rb") as file:
            known = format_of(file.read(512))
        told["medium"] = medium_of(known).name if known else ""
        told["poster"] = _poster(path, str(told["medium"]))
    return told


def _poster(path: Path, medium: str) -> str:
    if medium == "image" and (picture := previews.preview(path, previews.SHEET_EDGE)):
        return data_uri(picture.data, picture.mime)
    if medium == "video" and (still := posters.video_poster(path)) and len(still.card) < _POSTER:
        return data_uri(still.card, "image/webp")
    return ""


def _told_object(media: Any) -> dict[str, Any]:
    return {"name": type(media).__name__, "medium": "image", "poster": "", "bytes": 0}


def _fitting(medium: Any) -> frozenset[str]:
    return frozenset({"image", "vector"}) if medium == "image" else frozenset({str(medium)})
