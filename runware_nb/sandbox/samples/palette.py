"""Palettes: the colours of the samples, from the words of a prompt or by chance. sRGB, dark to light."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from typing import Final

Colour = tuple[int, int, int]

# Each: deep shade, shade, middle, light, glow. They read well on white and on black pages.
_PALETTES: Final[dict[str, tuple[str, ...]]] = {
    "dusk": ("1b1b3a", "4a2c6d", "a8437f", "f2825b", "ffd9a0"),
    "sea": ("0b2545", "13518a", "2a8fbd", "7fd1d8", "f2f7e8"),
    "wood": ("12261e", "24503b", "4f8a5b", "a9c77c", "f6efc4"),
    "night": ("0d0f2b", "232a5c", "4b4fa6", "9a8fe0", "f3dcf5"),
    "desert": ("3a1c1c", "7d3b2c", "c8703f", "eeb462", "fdeec4"),
    "rose": ("2d1230", "6b2452", "c04a78", "f08fa0", "ffe3d6"),
    "ice": ("10243a", "2e5b7e", "6b9fc0", "b5d8e6", "fbfdf8"),
    "candy": ("22104a", "6a2a9c", "e0508f", "ff9f6e", "fff0b8"),
    "moss": ("1d2415", "45562b", "85904a", "cfc27a", "f8f0d2"),
    "ember": ("1f0f14", "5c1a23", "b5352f", "f07c3a", "ffe08a"),
}
_WORDS: Final[dict[str, str]] = {
    "sunset": "dusk", "evening": "dusk", "city": "dusk", "ocean": "sea", "sea": "sea", "boat": "sea", "wave": "sea",
    "water": "sea", "lighthouse": "sea", "fish": "sea", "forest": "wood", "jungle": "wood", "tree": "wood",
    "garden": "wood", "night": "night", "space": "night", "astronaut": "night", "star": "night", "moon": "night",
    "desert": "desert", "sand": "desert", "fox": "desert", "lion": "desert", "dog": "desert", "flower": "rose",
    "portrait": "rose", "love": "rose", "snow": "ice", "winter": "ice", "mountain": "ice", "ice": "ice",
    "neon": "candy", "cyberpunk": "candy", "toy": "candy", "cat": "candy", "tea": "moss", "camera": "moss",
    "field": "moss", "fire": "ember", "dragon": "ember", "lava": "ember",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Brief:
    """What decides a sample: the words, the AIR of a model, and the seed."""

    prompt: str
    model: str = ""
    seed: int = 0

    @property
    def note(self) -> str:
        """The line in small type under the prompt."""
        return f"{self.model}  /  seed {self.seed}"

    def dice(self, medium: str) -> random.Random:
        """Return a source of chance that is the same for the same brief, on any machine."""
        told = f"{self.seed}\0{self.model}\0{self.prompt}\0{medium}"
        digest = hashlib.sha256(told.encode("utf-8", "replace")).digest()
        return random.Random(int.from_bytes(digest[:8], "big"))


def colours(prompt: str, chance: random.Random) -> list[Colour]:
    """Return five colours, dark to light: those a word of the prompt calls for, half of the time."""
    lowered = prompt.lower()
    called = [name for word, name in _WORDS.items() if word in lowered]
    name = chance.choice(called) if called and chance.random() < 0.75 else chance.choice(sorted(_PALETTES))  # noqa: PLR2004
    return [rgb(code) for code in _PALETTES[name]]


def rgb(code: str) -> Colour:
    """Read six hexadecimal digits."""
    return int(code[:2], 16), int(code[2:4], 16), int(code[4:], 16)


def code(colour: Colour) -> str:
    """Write a colour as CSS does."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """Mix two colours; share 0 is the first."""
    r, g, b = (round(a + (z - a) * share) for a, z in zip(one, other, strict=True))
    return r, g, b
