"""Community models that the sandbox lists in `modelSearch`, beside the curated ones: made up, of each category.

A new one is a row. Their AIRs are taken by tasks as any community AIR is.
"""

from __future__ import annotations

from typing import Any, Final

_ROWS: Final[tuple[tuple[str, str, str, str, str], ...]] = (
    ("civitai:58390@62833", "Detail Tweaker", "lora", "sd-1-5", ""),
    ("civitai:122359@135867", "Detail Tweaker XL", "lora", "sdxl", ""),
    ("civitai:202930@228449", "Anime Ink Lines", "lora", "sdxl", "ink anime, line art"),
    ("civitai:634213@709034", "Soft Anime Light", "lora", "flux-1-dev", "soft anime light"),
    ("civitai:717187@802411", "Risograph Print", "lora", "flux-1-dev", "riso print"),
    ("civitai:25494@30447", "Beautiful Landscapes", "lora", "sd-1-5", "detailed landscape"),
    ("civitai:43331@176425", "Majestic Portraits", "checkpoint", "sd-1-5", ""),
    ("civitai:101055@128078", "Cinematic Base XL", "checkpoint", "sdxl", ""),
    ("civitai:372465@914390", "Anime Illustration XL", "checkpoint", "illustrious", ""),
    ("civitai:257749@290640", "Pony Stories", "checkpoint", "pony", ""),
    ("civitai:118561@134361", "Anime Colours", "vae", "sd-1-5", ""),
    ("civitai:7808@9208", "Easy Negative", "embeddings", "sd-1-5", ""),
    ("civitai:4514@5221", "Pastel Anime", "lycoris", "sd-1-5", "pastel anime"),
)


def rows() -> list[dict[str, Any]]:
    """Return them as `modelSearch` does."""
    return [
        {
            "air": air,
            "name": name,
            "category": category,
            "architecture": architecture,
            "capabilities": [],
            "source": "community",
            "heroImage": None,
            "private": False,
            "isFavorite": False,
            "provider": None,
            "positiveTriggerWords": triggers or None,
        }
        for air, name, category, architecture, triggers in _ROWS
    ]
