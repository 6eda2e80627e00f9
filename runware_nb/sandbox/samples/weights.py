"""Weights: the file a training gives, a very small LoRA in the safetensors format."""

from __future__ import annotations

import json
import struct

from runware_nb.sandbox.samples import palette


def lora(air: str, trigger: str, seed: int) -> bytes:
    """Write two small tensors of 32-bit floats, with what they are in the header's metadata."""
    chance = palette.Brief(trigger, air, seed).dice("weights")
    rank, width = 4, 16
    values = [chance.gauss(0, 0.02) for _ in range(2 * rank * width)]
    size = 4 * rank * width
    header = {
        "__metadata__": {"format": "pt", "made_by": "SANDBOX", "air": air, "trigger_word": trigger},
        "lora_down.weight": {"dtype": "F32", "shape": [rank, width], "data_offsets": [0, size]},
        "lora_up.weight": {"dtype": "F32", "shape": [width, rank], "data_offsets": [size, 2 * size]},
    }
    # The format wants the tensors to start at a multiple of 8 bytes; spaces pad the header.
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + struct.pack(f"<{len(values)}f", *values)
