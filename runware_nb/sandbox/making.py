"""Making: what a task's results are, by task type. A new task type is a row in `MAKERS`.

A maker decides at once what a result says, and leaves its files to be made when they are wanted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from runware_nb.api import wire
from runware_nb.media import format_named
from runware_nb.sandbox import inputs
from runware_nb.sandbox.samples import audio, edits, image, mesh, text, vector, video, weights
from runware_nb.sandbox.samples.palette import Brief
from runware_nb.sandbox.shelf import Shelf
from runware_nb.sandbox.world import World

_SIDES: Final[Mapping[str, int]] = {"0.5k": 512, "1k": 1024, "2k": 2048, "3k": 3072, "4k": 4096}
_SIDE: Final = 1024
_QUALITY: Final = 95


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of a result.

    Parameters
    ----------
    prefix
        Wire prefix of its fields, such as `"maskImage"`; `"outputs"` for an entry of `outputs.files`.
    """

    prefix: str
    extension: str
    make: Callable[[], bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Made:
    """One result: its files, and the fields beside them."""

    pieces: Sequence[Piece] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Order:
    """What a maker goes by: a task, and which of its results is wanted."""

    task: Mapping[str, Any]
    seed: int
    index: int
    world: World = field(repr=False)

    @property
    def shelf(self) -> Shelf:
        """Where inputs are."""
        return self.world.shelf

    @property
    def prompt(self) -> str:
        """The words of the task."""
        return wire.prompt_of(self.task) or ""

    @property
    def model(self) -> str:
        """The AIR of its model."""
        return str(self.task.get("model") or "")

    @property
    def brief(self) -> Brief:
        """What its samples are decided by."""
        return Brief(self.prompt, self.model, self.seed)

    def format(self, default: str) -> str:
        """Return the extension of the format it asks for."""
        known = format_named(str(self.task.get("outputFormat") or default))
        return known.extension if known else default

    def get(self, path: str, default: Any = None) -> Any:
        """Look a dotted wire path up."""
        value = wire.get(self.task, path)
        return default if value is None else value

    def number(self, path: str, default: float) -> float:
        """Look a number up; anything else is the default."""
        value = wire.get(self.task, path)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else default

    def input(self, *paths: str) -> inputs.Source | None:
        """Find the first input under some paths."""
        return inputs.of_task(self.task, self.shelf, *paths)


def make(task: Mapping[str, Any], seed: int, index: int, world: World) -> Made:
    """Make one result of a task. May take a while: call it in a thread."""
    return MAKERS[task["taskType"]](Order(task, seed, index, world))


def _size(order: Order) -> tuple[int, int]:
    """Return the pixels asked for: by sides, by resolution, else the model's first pair or a square."""
    width, height = order.get("width"), order.get("height")
    if isinstance(width, int) and isinstance(height, int):
        return width, height
    if side := _SIDES.get(str(order.get("resolution", "")).lower()):
        return side, side
    model = order.world.catalog.get(order.model)
    pairs = model.schema.get("x-size-pairs") if model else None
    return (pairs[0][0], pairs[0][1]) if pairs else (_SIDE, _SIDE)


def _image(order: Order) -> Made:
    size = _size(order)
    extension = order.format("jpg")
    base = order.input("inputs.seedImage", "inputs.image", "inputs.referenceImages")
    quality = int(order.number("outputQuality", _QUALITY))

    def made() -> bytes:
        start = edits.opened(base.read()) if base and base.read else None
        drawn = image.picture(order.brief, size, start)
        return image.encoded(drawn, extension, quality)

    return Made([Piece("image", extension, made)], {"seed": order.seed})


def _video(order: Order) -> Made:
    extension = order.format("mp4")
    seconds = order.number("duration", 5.0)
    first = inputs.first_frame(order.task, order.shelf)
    size = _video_size(order)

    def made() -> bytes:
        start = edits.opened(first.read()) if first and first.read else None
        return video.clip(order.brief, size, seconds, extension, start)

    return Made([Piece("video", extension, made)], {"seed": order.seed})


def _video_size(order: Order) -> tuple[int, int]:
    if order.get("width") and order.get("height"):
        return _size(order)
    lines = re.match(r"\d+", str(order.get("resolution", "720p")))
    height = max(int(lines[0]), 16) if lines else 720
    return height * 16 // 9, height


def _audio(order: Order) -> Made:
    extension = order.format("mp3")
    rate, channels = (
        int(order.number("audioSettings.sampleRate", 44100)),
        int(order.number("audioSettings.channels", 2)),
    )
    bitrate = int(order.number("audioSettings.bitrate", 128))
    words = order.get("speech.text")
    seconds, tempo = order.number("duration", audio.LONGEST), order.number("settings.bpm", 0)

    def made() -> bytes:
        if isinstance(words, str):
            voice = str(order.get("speech.voice", ""))
            sound = audio.speech(words, f"{voice}{order.model}", order.seed, order.number("speech.speed", 1.0))
        else:
            sound = audio.music(order.brief, seconds, tempo)
        if extension in video.CONTAINERS:
            return video.clip(order.brief, (640, 360), seconds, extension)
        return audio.encoded(sound, extension, rate, channels, bitrate)

    prefix = "video" if extension in video.CONTAINERS else "audio"
    return Made([Piece(prefix, extension, made)], {"seed": order.seed})


def _mesh(order: Order) -> Made:
    def made() -> bytes:
        return mesh.glb(order.brief)

    return Made([Piece("outputs", "glb", made)], {"seed": order.seed})


def _text(order: Order) -> Made:
    schema = order.get("jsonSchema") if order.get("outputFormat") == "JSON" else None
    answer = (
        text.structured(schema, order.prompt)
        if order.get("outputFormat") == "JSON"
        else text.answer(order.prompt, order.model, order.seed, order.get("settings.systemPrompt"))
    )
    limit = order.get("settings.maxTokens")
    answer, reason = text.limited(answer, limit if isinstance(limit, int) else None)
    fields: dict[str, Any] = {"text": answer, "finishReason": reason}
    if order.model in text.REASONING:
        fields["reasoningContent"] = text.reasoning(order.prompt)
    if order.get("includeUsage"):
        fields["usage"] = text.usage(text.transcript(order.get("messages", [])), answer)
    return Made(fields=fields)


def _upscale(order: Order) -> Made:
    if clip := order.input("inputs.video"):
        return _reclip(order, "mp4", clip)
    extension = order.format("jpg")
    factor = order.number("upscaleFactor", 2.0)
    source = order.input("inputs.image")
    make = _edit(order, source, lambda picture: edits.upscaled(picture, factor), extension)
    return Made([Piece("image", extension, make)], _from(source))


def _reclip(order: Order, default: str, clip: inputs.Source) -> Made:
    """Answer a task on a video with a sample clip: videos are not read."""
    extension = order.format(default)
    words = f"{order.task['taskType']} of {clip.name}"
    return Made(
        [
            Piece(
                "video", extension, lambda: video.clip(Brief(words, order.model, order.seed), (1280, 720), 4, extension)
            )
        ]
    )


def _edit(
    order: Order, source: inputs.Source | None, change: Callable[[Any], Any], extension: str
) -> Callable[[], bytes]:
    """Return what reads the input, changes it, and writes it."""
    quality = int(order.number("outputQuality", _QUALITY))

    def made() -> bytes:
        return image.encoded(change(_picture(source)), extension, quality)

    return made


def _picture(source: inputs.Source | None) -> Any:
    """Read the input as a picture; one that is not here is drawn from its name."""
    read = edits.opened(source.read()) if source and source.read else None
    return read or edits.opened(image.placeholder(source.name if source else "nothing"))


def _from(source: inputs.Source | None) -> dict[str, Any]:
    return {"inputImageUUID": source.uuid} if source else {}


def _cutout(order: Order) -> Made:
    if clip := order.input("inputs.video"):
        return _reclip(order, "webm", clip)
    extension = order.format("png")
    source = order.input("inputs.image")
    only_mask = bool(order.get("settings.returnOnlyMask"))
    colour = order.get("settings.rgba")
    make = _edit(order, source, lambda picture: edits.cut_out(picture, only_mask=only_mask, rgba=colour), extension)
    return Made([Piece("image", extension, make)], _from(source))


def _mask(order: Order) -> Made:
    extension = order.format("jpg")
    source = order.input("inputs.image")
    most = int(order.number("settings.maxDetections", 6))
    found = edits.detections(_picture(source), most)
    padding, blur = int(order.number("settings.maskPadding", 4)), int(order.number("settings.maskBlur", 4))
    make = _edit(order, source, lambda picture: edits.mask(picture, found, padding, blur), extension)
    boxes = [dict(zip(("x_min", "y_min", "x_max", "y_max"), box, strict=True)) for box in found]
    return Made([Piece("maskImage", extension, make)], {**_from(source), "detections": boxes})


def _guide(order: Order) -> Made:
    extension = order.format("jpg")
    source = order.input("inputs.image")
    low, high = order.number("settings.lowThresholdCanny", 100), order.number("settings.highThresholdCanny", 200)
    kind = order.model.rpartition("@")[2]
    make = _edit(order, source, lambda picture: edits.guide(picture, kind, low, high), extension)
    return Made([Piece("guideImage", extension, make)], _from(source))


def _caption(order: Order) -> Made:
    source = order.input("inputs.image", "inputs.images", "inputs.video")
    if order.model in text.AGES:
        return Made(fields={"structuredData": text.age(order.seed)})
    readable = bool(source and source.read and not order.input("inputs.video"))
    facts = edits.described(_picture(source)) if readable else None
    return Made(fields={"text": text.caption(facts, source.name if source else "", order.get("prompt"))})


def _enhance(order: Order) -> Made:
    limit = int(order.number("promptMaxLength", 128))
    return Made(fields={"text": text.enhanced(order.prompt, order.index, limit)})


def _vectorize(order: Order) -> Made:
    source = order.input("inputs.image")

    def made() -> bytes:
        if source:
            return vector.traced(_picture(source))
        return vector.drawing(order.brief, *_size(order))

    return Made([Piece("image", "svg", made)])


def _train(order: Order) -> Made:
    given = dict(order.get("importModel", {}))
    air = str(given.get("air") or f"sandbox:{order.seed}@1")
    order.world.own_models[air] = given
    words = str(order.get("triggerWord", ""))
    return Made([Piece("outputs", "safetensors", lambda: weights.lora(air, words, order.seed))], {"air": air})


def _tool(order: Order) -> Made:
    extension = order.format("mp4")
    clip = order.input("inputs.video", "inputs.audio", "inputs.image", "inputs.videos", "inputs.images")
    words = f"ffmpeg of {clip.name if clip else 'nothing'}"

    def made() -> bytes:
        if clip and clip.read and (copied := video.transcoded(clip.read(), extension)):
            return copied
        return _stand_in(words, order, extension)

    return Made([Piece("outputs", extension, made)])


def _stand_in(words: str, order: Order, extension: str) -> bytes:
    """Make a sample of whatever medium a format is of."""
    if extension in video.CONTAINERS:
        return video.clip(Brief(words, order.model, order.seed), (1280, 720), 4, extension)
    if extension in audio.CODECS:
        return audio.encoded(audio.music(Brief(words, order.model, order.seed), 4, 0), extension, 44100, 2, 128)
    return image.encoded(image.picture(Brief(words, order.model, order.seed), (1280, 720)), extension, _QUALITY)


MAKERS: Final[Mapping[str, Callable[[Order], Made]]] = {
    "imageInference": _image,
    "videoInference": _video,
    "audioInference": _audio,
    "3dInference": _mesh,
    "textInference": _text,
    "upscale": _upscale,
    "removeBackground": _cutout,
    "imageMasking": _mask,
    "controlNetPreprocess": _guide,
    "caption": _caption,
    "promptEnhance": _enhance,
    "vectorize": _vectorize,
    "training": _train,
    "tools": _tool,
}
