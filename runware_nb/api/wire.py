"""The wire: one row a task type, and the spelling of its names.

To add a task type, add a row to `TASK_TYPES`: the magic, its help, the sandbox's answer and the parametrized
test follow from it. Facts: https://runware.ai/docs (2026) and the types of the official SDK 1.8.0.

Names are `snake_case` in Python and in cells, `camelCase` (with the API's own exceptions) on the wire.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

SYNC, ASYNC, STREAM = "sync", "async", "stream"


@dataclass(frozen=True, slots=True)
class TaskType:
    """One inference task type.

    Parameters
    ----------
    name
        Its wire name, such as `"imageInference"`.
    kind
        What a user types after `%%runware`.
    medium
        What it gives, a name in `runware_nb.media.MEDIA`.
    default_model
        AIR of the model used when none is named; None where the API wants no model.
    body
        Dotted wire paths a cell's prompt may go to; the first that the model takes is used.
    source
        Dotted wire path of the media it works on, for those that work on media.
    deliveries
        Delivery methods the API offers, the one we ask for first. Empty: the task has no such parameter
        and is always acknowledged first.
    count
        Wire name of the parameter that says how many results to make.
    count_is_bound
        Whether fewer results than asked are a whole answer.
    defaults
        Wire parameters a cell need not write, where the model takes them.
    """

    name: str
    kind: str
    medium: str
    default_model: str | None
    body: tuple[str, ...] = ()
    source: str | None = None
    deliveries: tuple[str, ...] = (ASYNC, SYNC)
    count: str | None = "numberResults"
    count_is_bound: bool = False
    defaults: tuple[tuple[str, Any], ...] = ()


TASK_TYPES: Final[tuple[TaskType, ...]] = (
    TaskType(
        "imageInference",
        "image",
        "image",
        "runware:101@1",
        body=("positivePrompt",),
        defaults=(("width", 1024), ("height", 1024)),
    ),
    TaskType(
        "videoInference",
        "video",
        "video",
        "lightricks:ltx@2.3",
        body=("positivePrompt", "speech.text"),
        deliveries=(ASYNC,),
        defaults=(("width", 1280), ("height", 704), ("duration", 5)),
    ),
    TaskType(
        "audioInference",
        "audio",
        "audio",
        "runware:ace-step@v1.5-turbo",
        body=("speech.text", "positivePrompt"),
    ),
    TaskType("3dInference", "3d", "3d", "tripo:v3.1@0", body=("positivePrompt",)),
    TaskType("textInference", "text", "text", "minimax:m3@0", body=("messages",), deliveries=(STREAM, SYNC, ASYNC)),
    TaskType("upscale", "upscale", "image", "runware:504@1", source="inputs.image", count=None),
    TaskType("removeBackground", "removebg", "image", "runware:112@5", source="inputs.image", count=None),
    TaskType("imageMasking", "mask", "image", "runware:35@1", source="inputs.image", count=None),
    TaskType(
        "controlNetPreprocess",
        "controlnet",
        "image",
        "runware:controlnet-preprocess@canny",
        source="inputs.image",
        count=None,
    ),
    TaskType("caption", "caption", "text", "runware:150@2", source="inputs.image", count=None),
    TaskType(
        "promptEnhance",
        "enhance",
        "text",
        None,
        body=("prompt",),
        count="promptVersions",
        count_is_bound=True,
        defaults=(("promptMaxLength", 128), ("promptVersions", 1)),
    ),
    TaskType(
        "vectorize",
        "vectorize",
        "vector",
        "recraft:1@1",
        body=("positivePrompt",),
        source="inputs.image",
        count=None,
    ),
    TaskType(
        "training",
        "train",
        "3d",
        "runware:z-image@style-lora-training",
        source="inputs.dataset",
        deliveries=(),
        count=None,
    ),
    TaskType("tools", "tools", "video", "runware:ffmpeg@0", source="inputs.video", count=None),
)

BY_NAME: Final[Mapping[str, TaskType]] = {t.name: t for t in TASK_TYPES}
BY_KIND: Final[Mapping[str, TaskType]] = {t.kind: t for t in TASK_TYPES}

UTILITIES: Final = frozenset(
    {
        "authentication",
        "ping",
        "getResponse",
        "getTaskDetails",
        "mediaStorage",
        "imageUpload",
        "modelUpload",
        "modelSearch",
        "accountManagement",
    }
)
"""Task types that answer at once, make no media and cost nothing."""

MEDIA_INPUTS: Final = frozenset(
    {
        "image", "images", "seedImage", "maskImage", "mask", "referenceImages", "frameImages", "video", "videos",
        "referenceVideos", "audio", "audios", "referenceAudios", "referenceVoices", "avatar", "background",
        "meshFile", "elements", "fonts", "superResolutionReferences", "dataset", "documents",
    }
)  # fmt: skip
"""Names that live under `inputs`; a cell may write them at the top."""

# Wire names that plain camelCase does not give, found by their letters.
_IRREGULAR: Final[Mapping[str, str]] = {
    name.lower(): name
    for name in (
        "CFGScale", "trueCFGScale", "CFGstartStep", "CFGstartStepPercentage", "taskUUID", "webhookURL", "NSFWContent",
        "imageURL", "videoURL", "audioURL", "mediaURL", "heroImageURL", "downloadURL", "imageUUID", "videoUUID",
        "audioUUID", "mediaUUID", "connectionSessionUUID", "imageDataURI", "startStep", "endStep", "defaultCFG",
        "lowThresholdCanny", "highThresholdCanny", "includeHandsAndFaceOpenPose",
    )
}  # fmt: skip
SHORT_NAMES: Final[Mapping[str, str]] = {
    "prompt": "positivePrompt",
    "negative": "negativePrompt",
    "count": "numberResults",
    "format": "outputFormat",
    "quality": "outputQuality",
    "cfg": "CFGScale",
    "system": "settings.systemPrompt",
    "max_tokens": "settings.maxTokens",
    "temperature": "settings.temperature",
    "voice": "speech.voice",
    "first_frame": "inputs.frameImages.first",
    "last_frame": "inputs.frameImages.last",
}
"""What people write for a few long names. A model that has a parameter of the short name itself gets that."""

VERBATIM: Final = frozenset({"jsonSchema", "tools", "toolChoice", "messages", "routing", "webhookURL"})
"""What lies within them is the user's own: no key of it is spelt anew."""


def to_wire(name: str) -> str:
    """Spell a name as the wire does: `cfg_scale` is `CFGScale`, `task_uuid` is `taskUUID`.

    A name that already has a capital is left alone.
    """
    if name != name.lower():
        return name
    head, *rest = name.split("_")
    camel = head + "".join(part[:1].upper() + part[1:] for part in rest)
    return _IRREGULAR.get(camel.lower(), camel)


def from_wire(name: str) -> str:
    """Spell a wire name as Python does: `trueCFGScale` is `true_cfg_scale`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def keys_to_wire(value: Any) -> Any:
    """Spell the keys of nested settings as the wire does; what is the user's own schema or text stays."""
    if isinstance(value, Mapping):
        spelt = {to_wire(str(k)): v for k, v in value.items()}
        return {k: v if k in VERBATIM else keys_to_wire(v) for k, v in spelt.items()}
    if isinstance(value, list):
        return [keys_to_wire(v) for v in value]
    return value


def put(task: dict[str, Any], path: str, value: Any) -> None:
    """Set a dotted wire path in a task, making the objects on the way."""
    *heads, last = path.split(".")
    for head in heads:
        inner = task.get(head)
        task[head] = dict(inner) if isinstance(inner, Mapping) else {}
        task = task[head]
    task[last] = value


def get(task: Mapping[str, Any], path: str) -> Any:
    """Look a dotted wire path up in a task; None where it leads nowhere."""
    found: Any = task
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def prompt_of(task: Mapping[str, Any]) -> str | None:
    """Return the words a task was asked with: its prompt, its speech, or the last message."""
    if isinstance(words := task.get("positivePrompt"), str):  # as most have it, and at once
        return words
    for path in ("speech.text", "prompt"):
        if isinstance(words := get(task, path), str):
            return words
    messages = task.get("messages")
    if isinstance(messages, list) and messages and isinstance(messages[-1], Mapping):
        content = messages[-1].get("content")
        return content if isinstance(content, str) else None
    return None
