"""Texts: short answers that say they are the sandbox's, captions, longer prompts, and the least JSON of a schema."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from runware_nb.sandbox.samples import palette

REASONING: Final = frozenset({"anthropic:claude@fable-5", "minimax:m3@0"})
"""Models that tell what they thought, as `reasoningContent`."""
AGES: Final = frozenset({"runware:152@50", "runware:153@1", "runware:154@1"})
"""Models that answer with `structuredData` in place of text."""
_CHARS_PER_TOKEN: Final = 4
_DEEPEST: Final = 4
_OPENINGS: Final = (
    "Here is what a model would be asked, and the shape its answer would have.",
    "No model has read this; the words below only show where an answer goes.",
    "This stands for an answer, so that the rest of your notebook can be tried at no cost.",
)
_STYLES: Final = (
    "soft rim light, shallow depth of field, 85mm photograph",
    "watercolour on rough paper, loose washes, morning light",
    "studio portrait, seamless backdrop, gentle shadows, fine detail",
    "isometric illustration, muted palette, clean shapes",
    "cinematic wide shot, low sun, haze, film grain",
)
_NAMES: Final = {
    "black": (20, 20, 24), "charcoal": (64, 66, 74), "grey": (128, 128, 128), "silver": (192, 192, 196),
    "white": (245, 245, 245), "red": (200, 40, 40), "orange": (240, 140, 60), "yellow": (245, 215, 110),
    "olive": (120, 120, 50), "green": (60, 150, 80), "teal": (40, 130, 140), "sky blue": (125, 200, 225),
    "blue": (40, 90, 190), "navy": (20, 35, 80), "violet": (120, 80, 190), "plum": (90, 40, 100),
    "pink": (240, 140, 170), "rose": (190, 70, 120), "brown": (120, 75, 45), "cream": (250, 238, 205),
}  # fmt: skip


def answer(prompt: str, model: str, seed: int, system: str | None = None) -> str:
    """Write a small markdown answer: a heading, a list and code."""
    chance = palette.Brief(prompt, model, seed).dice("text")
    asked = " ".join(prompt.split()) or "nothing"
    short = asked if len(asked) <= 160 else f"{asked[:159]}…"  # noqa: PLR2004
    rules = [f"- It was told beforehand: “{system[:120]}”."] if isinstance(system, str) and system else []
    lines = [
        "## SANDBOX answer",
        "",
        f"You asked: “{short}”",
        "",
        chance.choice(_OPENINGS),
        "",
        f"- The question has **{len(asked.split())} words** and {len(asked)} characters.",
        f"- It went to `{model}`, which did not see it.",
        *rules,
        "- The same question, model and seed give this answer again.",
        "",
        "```python",
        f"question = {json.dumps(short[:60], ensure_ascii=False)}",
        'answer = "set RUNWARE_API_KEY for a real one"',
        "```",
    ]
    return "\n".join(lines) + "\n"


def reasoning(prompt: str) -> str:
    """Write what was supposedly thought before the answer."""
    return f"The user asks: {' '.join(prompt.split())[:120]} This is the sandbox, so I describe the answer's shape. "


def limited(words: str, tokens: int | None) -> tuple[str, str]:
    """Cut a text at a number of tokens (4 characters each); return it and the reason it ends."""
    if tokens is None or len(words) <= tokens * _CHARS_PER_TOKEN:
        return words, "stop"
    return words[: tokens * _CHARS_PER_TOKEN], "length"


def usage(asked: str, answered: str) -> dict[str, int]:
    """Count tokens, at 4 characters each."""
    prompt, completion = (max(1, -(-len(words) // _CHARS_PER_TOKEN)) for words in (asked, answered))
    return {"promptTokens": prompt, "completionTokens": completion, "totalTokens": prompt + completion}


def transcript(messages: Sequence[Any]) -> str:
    """Return the words of all messages."""
    return "\n".join(str(m.get("content", "")) for m in messages if isinstance(m, Mapping))


def structured(schema: Any, prompt: str) -> str:
    """Write the least JSON that a schema allows; without one, an object that says what was asked."""
    if isinstance(schema, str):
        try:
            schema = json.loads(schema)
        except ValueError:
            schema = None
    if not isinstance(schema, Mapping):
        return json.dumps({"sandbox": True, "asked": prompt}, ensure_ascii=False)
    return json.dumps(instance(schema), ensure_ascii=False)


def instance(schema: Mapping[str, Any]) -> Any:
    """Return the least value of a JSON Schema: its constant, its first choice, or the required parts."""
    schema = _resolved(schema, schema)
    return _instance(schema, schema, 0)


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference within the schema."""
    found: Any = schema
    for _ in range(8):
        reference = found.get("$ref") if isinstance(found, Mapping) else None
        if not isinstance(reference, str):
            break
        found = root
        for name in reference.removeprefix("#/").split("/"):
            found = found.get(name, {}) if isinstance(found, Mapping) else {}
    return found if isinstance(found, Mapping) else {}


def _instance(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Any:
    schema = _resolved(schema, root)
    given = next((schema[k] for k in ("anyOf", "oneOf", "allOf") if schema.get(k)), None)
    if given:
        return _instance(given[0], root, depth)
    if "const" in schema or schema.get("enum"):
        return schema["const"] if "const" in schema else schema["enum"][0]
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        parts = schema.get("properties", {})
        wanted = schema.get("required") or (list(parts) if depth < _DEEPEST else [])
        return {name: _instance(parts.get(name, {}), root, depth + 1) for name in wanted}
    if kind == "array":
        item = _instance(schema.get("items") or {}, root, depth + 1)
        return [item] * max(1, int(schema.get("minItems", 1)))
    if kind in {"integer", "number"}:
        return _number(schema)
    return {"boolean": True, "null": None}[kind] if kind in {"boolean", "null"} else _string(schema)


def _number(schema: Mapping[str, Any]) -> float | int:
    whole = schema.get("type") != "number"
    step = schema.get("multipleOf", 1 if whole else 0.5)
    least = schema.get("minimum", schema.get("exclusiveMinimum", 0))
    value = step * max(1, -(-least // step)) if least >= 0 else 0
    if "exclusiveMinimum" in schema and value <= least:
        value += step
    value = min(value, schema["maximum"]) if "maximum" in schema else value
    return int(value) if whole else float(value)


def _string(schema: Mapping[str, Any]) -> str:
    known = {
        "date": "2026-01-01",
        "date-time": "2026-01-01T00:00:00Z",
        "email": "sandbox@example.com",
        "uri": "https://example.com",
    }
    words = known.get(str(schema.get("format")), "sandbox")
    words += "x" * max(0, int(schema.get("minLength", 0)) - len(words))
    return words[: int(schema["maxLength"])] if "maxLength" in schema else words


def caption(facts: tuple[int, int, list[palette.Colour]] | None, name: str, question: str | None) -> str:
    """Describe a picture by its size and colours, or say that it is not here."""
    asked = f" You asked: “{question}”." if question else ""
    if facts is None:
        return f"SANDBOX caption: a file that is not on this machine ({name[:80] or 'unnamed'}).{asked}"
    width, height, shades = facts
    shape = "square" if width == height else "wide" if width > height else "tall"
    names = list(dict.fromkeys(named(shade) for shade in shades))
    told = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return f"SANDBOX caption: a {shape} picture of {width} by {height} pixels, mostly {told}.{asked}"


def named(colour: palette.Colour) -> str:
    """Return the name of the colour nearest to one."""
    return min(_NAMES, key=lambda n: sum((a - b) ** 2 for a, b in zip(_NAMES[n], colour, strict=True)))


def enhanced(prompt: str, version: int, tokens: int) -> str:
    """Lengthen a prompt by a style; each version has its own."""
    return limited(f"{prompt}, {_STYLES[version % len(_STYLES)]} (SANDBOX)", tokens)[0]


def age(seed: int) -> dict[str, Any]:
    """Guess an age group by chance."""
    groups = ("0-2", "3-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "70+")
    chance = palette.Brief("", seed=seed).dice("age")
    return {"ageGroup": chance.choice(groups), "confidence": round(chance.uniform(0.55, 0.98), 2)}
