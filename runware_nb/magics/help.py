"""Help: made from the tables of the grammar and the wire, so that it cannot tell other than what is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from runware_nb import reprs
from runware_nb.api import wire
from runware_nb.display.markup import html
from runware_nb.display.tables import Table
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
    "template": "#| temperature: 0.4\nYou are terse and warm. {{ body }}",
    "chain": "- image: {prompt: '{{ topic }}, white background', as: shot}\n- removebg: {input: shot, as: cut}\n"
    "- 3d: {input: cut}",
    "task": '{"taskType": "imageInference", "model": "runware:101@1",\n'
    ' "positivePrompt": "a fox", "width": 512, "height": 512}',
}
_MEDIA_EXAMPLE: Final = "{{ hero[0] }}"


@dataclass(frozen=True, slots=True)
class Help(reprs.Drawn):
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

    def sections(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Return the tables of the help: a title, and names with what they mean."""
        return [
            ("Kinds", self._kinds()),
            ("Options of the first line", [(_flags(o), o.help) for o in grammar.OPTIONS]),
            ("Keys of the block, besides the model's parameters", list(grammar.RESERVED.items())),
            ("Lines (%runware …)", list(grammar.COMMANDS.items())),
            ("Options of %runware models", [(_flags(o), o.help) for o in (*grammar.MODELS, *grammar.SEARCH)]),
        ]

    @property
    def form(self) -> str:
        """What a cell looks like."""
        return "%%runware KIND [NAME <<] [OPTION …]\n#| parameter: value\nprompt, with {{ variables }}"

    @property
    def example(self) -> str:
        """A cell to begin with."""
        kind = self.kind or "image"
        line = "template --name brand_voice" if kind == "template" else f"{kind} hero <<"
        return f"%%runware {line}\n{_EXAMPLES.get(kind, _MEDIA_EXAMPLE)}"

    @property
    def plain(self) -> str:
        """The help as text."""
        lines = ["Make media with the Runware API.", "", *_indented(self.form), ""]
        for title, rows in self.sections():
            lines += [f"{title}:", *(f"    {name:24} {told}" for name, told in rows), ""]
        return "\n".join([*lines, "Example:", "", *_indented(self.example)])

    def __repr__(self) -> str:
        return self.plain

    def _kinds(self) -> list[tuple[str, str]]:
        rows = [row for row in wire.TASK_TYPES if self.kind in {None, row.kind}]
        told = [(row.kind, f"{row.name}, by default {row.default_model or 'no model'}") for row in rows]
        others = {
            "task": "tasks as the API's docs write them, in JSON or YAML",
            "template": "save a cell under a name, to begin others with: --with NAME",
            "chain": "steps that work on each other's results, by name",
        }
        return told + [(kind, words) for kind, words in others.items() if self.kind in {None, kind}]


@reprs.mimebundle.register
def help_bundle(shown: Help) -> reprs.type_of_bundle:
    """Draw the help."""
    tables = [(title, Table(tuple(rows))) for title, rows in shown.sections()]
    page = html("help", form=shown.form, example=shown.example, tables=tables)
    data: dict[str, Any] = {"text/plain": shown.plain, "text/html": page}
    return data, {}


def _indented(text: str) -> list[str]:
    return [f"    {line}" for line in text.splitlines()]


def _flags(option: grammar.Option) -> str:
    return ", ".join(option.flags) + (f" {option.takes}" if option.takes else "")
