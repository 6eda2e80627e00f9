"""Help: made from the tables of the grammar and the wire, so that it cannot tell other than what is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from runware_nb.api import wire
from runware_nb.errors import UnknownName
from runware_nb.magics import grammar

_EXAMPLES: Final = {
    "image": "a lighthouse at dusk, {{ style }}",
    "video": "#| duration: 4\nwaves on a beach, slow dolly in",
    "audio": "#| duration: 30\nwarm lo-fi, vinyl crackle",
    "3d": "a vintage camera, detailed mesh",
    "text": "#| system: You are terse.\nWrite a tagline for {{ product }}",
    "upscale": "#| upscale_factor: 2\n{{ hero[0] }}",
    "enhance": "#| count: 3\na dog",
    "train": "#| import_model: {air: 'me:1@1', name: Ink, version: v1}\n{{ file('dataset.zip') }}",
    "task": '{"taskType": "imageInference", "model": "runware:101@1",\n'
    ' "positivePrompt": "a fox", "width": 512, "height": 512}',
}
_MEDIA_EXAMPLE: Final = "{{ hero[0] }}"


@dataclass(frozen=True, slots=True)
class Help:
    """The help of a kind, or of everything.

    Parameters
    ----------
    kind
        A kind; None for the overview.

    Raises
    ------
    UnknownName
        For a kind nobody knows.
    """

    kind: str | None = None

    def __post_init__(self) -> None:
        if self.kind and self.kind not in grammar.KINDS:
            raise UnknownName("kind", self.kind, grammar.KINDS)

    @property
    def plain(self) -> str:
        """The help as text."""
        lines = [
            "Make media with the Runware API.",
            "",
            "    %%runware KIND [NAME <<] [OPTION …]",
            "    #| parameter: value",
            "    prompt, with {{ variables }}",
            "",
            *self._kinds(),
            "",
            "Options:",
            *(f"    {_flags(o):24} {o.help}" for o in grammar.OPTIONS),
            "",
            "Lines (%runware …):",
            *(f"    {name:24} {told}" for name, told in grammar.COMMANDS.items()),
            "",
            "Example:",
            "",
            *(f"    {line}" for line in self._example().splitlines()),
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return self.plain

    def _kinds(self) -> list[str]:
        rows = [row for row in wire.TASK_TYPES if self.kind in {None, row.kind}]
        told = [f"    {row.kind:12} {row.name}, by default {row.default_model or 'no model'}" for row in rows]
        if self.kind in {None, "task"}:
            told.append(f"    {'task':12} tasks as the API's docs write them, in JSON or YAML")
        return ["Kinds:", *told]

    def _example(self) -> str:
        kind = self.kind or "image"
        return f"%%runware {kind} hero <<\n{_EXAMPLES.get(kind, _MEDIA_EXAMPLE)}"


def _flags(option: grammar.Option) -> str:
    return ", ".join(option.flags) + (f" {option.takes}" if option.takes else "")
