"""The grammar of a `%%runware` cell. Pure: no IPython, no network, no evaluation; text in, a `Command` out.

::

    %%runware KIND [NAME <<] OPTION*        line 1: run control
    #| parameter: value                     a block of YAML: model parameters (or between two --- lines)
    prompt                                  the rest, verbatim; a line === parts several prompts

Nothing is ever read out of the prompt. To add an option, add a row to `OPTIONS`: the parser, the help and the docs
follow from it. argparse was refused: it would read options out of a line magic's prompt, and prints and exits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from runware_nb.api import wire
from runware_nb.errors import UnknownName, UsageError
from runware_nb.settings import CACHE_MODES

LONGEST: Final = 1_000_000
"""Characters of a cell."""
LONGEST_BLOCK: Final = 100_000
"""Characters of its parameters: YAML takes its time over long numbers and deep nesting."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of line 1.

    Parameters
    ----------
    flags
        Its spellings, the long one first.
    takes
        What its value is called in the help; None for a switch.
    read
        Turns the text of the value into the value, or raises ValueError.
    help
        What it does, in half a line.
    parameter
        Whether it is a parameter of the model, and not run control.
    """

    flags: tuple[str, ...]
    takes: str | None
    read: Callable[[str], Any]
    help: str
    parameter: bool = False

    @property
    def name(self) -> str:
        """Its name in a `Command`."""
        return self.flags[0].lstrip("-").replace("-", "_")


def _name(text: str) -> str:
    if not text.isidentifier():
        raise ValueError("must be a variable's name")
    return text


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError("must be a whole number from 1")
    return int(text)


def _dollars(text: str) -> float | str:
    if text == "none":
        return text
    if not 0 <= (dollars := float(text.removeprefix("$"))) < float("inf"):
        raise ValueError("must be USD from 0, or none")
    return dollars


def _mode(text: str) -> str:
    if text not in CACHE_MODES:
        raise ValueError(f"must be one of {', '.join(CACHE_MODES)}")
    return text


def _on_error(text: str) -> str:
    if text not in {"raise", "keep"}:
        raise ValueError("must be raise or keep")
    return text


def _axes(text: str) -> tuple[str, ...]:
    axes = tuple(part.strip() for part in text.split(","))
    if not all(axes):
        raise ValueError("must be names of axes, such as style,seed")
    return axes


def _seconds(text: str) -> float:
    if not (seconds := float(text)) > 0:
        raise ValueError("must be a number of seconds above 0")
    return seconds


OPTIONS: Final[tuple[Option, ...]] = (
    Option(("--model", "-m"), "ID", str, "model: an AIR, a slug, or a unique part of one", parameter=True),
    Option(("--size",), "WxH", str, "width and height in pixels, such as 1024x768", parameter=True),
    Option(("--seed",), "N", int, "seed, for a result that can be made again", parameter=True),
    Option(("--count", "-c"), "N", _count, "how many results; each is billed", parameter=True),
    Option(("--out", "-o"), "NAME", _name, "assign the run to a variable; the same as NAME <<"),
    Option(("--frame",), "NAME", _name, "assign the run's DataFrame to a variable"),
    Option(("--name",), "TEXT", str, "what to call the run on its card and in its rows"),
    Option(("--with",), "TEMPLATE", str, "begin with what a template of that name says"),
    Option(("--grid",), "AXES", _axes, "lay the run out on one or two axes of its sweep: rows,columns"),
    Option(("--file",), "PATH", str, "a file to work on: picture, video, sound or data set"),
    Option(("--timeout",), "S", _seconds, "seconds to wait; the task then runs on, and is billed"),
    Option(("--max-cost",), "USD", _dollars, "refuse to spend more; none allows what has no known price"),
    Option(("--cache",), "MODE", _mode, "use what is here (the default), fresh, only, or off"),
    Option(("--fresh",), None, bool, "make new samples, beside those that are here; billed again"),
    Option(("--on-error",), "MODE", _on_error, "raise: any failure fails the cell; keep: only if all fail"),
    Option(("--bg",), None, bool, "run in the background: the next cell can run meanwhile"),
    Option(("--form",), None, bool, "open the cell as a form, with its tasks and price as they change; send nothing"),
    Option(("--dry-run", "-n"), None, bool, "show what would be sent and its price; send nothing"),
    Option(("--quiet", "-q"), None, bool, "show no card"),
    Option(("--raw",), None, bool, "the whole body is one prompt: no block, no ===, no {{ }}"),
    Option(("--help",), None, bool, "show this help"),
)
_BY_FLAG: Final[Mapping[str, Option]] = {flag: option for option in OPTIONS for flag in option.flags}


def option(flag: str) -> Option | None:
    """Find an option by one of its spellings."""
    return _BY_FLAG.get(flag)


KINDS: Final = (*wire.BY_KIND, "task", "template", "chain")
"""What may follow `%%runware`: the kinds of tasks; `task` for tasks as the API's docs write them; `template` to save a
cell under a name; `chain` for steps that work on each other's results."""
RESERVED: Final[Mapping[str, str]] = {
    "sweep": "axes to vary, a list of values each; an axis that {{ }} mentions is a variable, any other a parameter",
    "zip": "true: take the axes of the sweep side by side instead of all pairs",
    "for_each": "a DataFrame: a task a row, whose columns are {{ variables }}; results keep its index",
    "vars": "false: take {{ }} literally",
    "with": "begin with what a template of that name says",
}
"""Keys of the block that are no parameters of the model."""
COMMANDS: Final[Mapping[str, str]] = {
    "help": "tell what there is; help KIND tells of one",
    "resume": "bring back what was paid for and never seen",
    "cost": "add up what was spent, saved, is under way or unknown: cost --by model,day,notebook --since 2026-01-31",
    "cache": "size | ls | verify | prune | export NAME.zip | rebuild: look after the kept files",
    "models": "list models: models flux video --creator bfl --max-price 0.01; --community searches the API, --refresh"
    " asks for the newest",
    "model": "tell what a model can do, what it takes, and its prices: model ID",
    "playground": "open a form to ask a model by: playground [MODEL]",
    "history": "browse what was made, the newest first: history fox --kind image --since 2026-01-31 --tag keep",
    "show": "show again what a task made: show UUID",
    "save": "write a run and its files into a ZIP, which `load` brings back anywhere: save NAME [FILE]",
    "templates": "list the saved templates",
    "config": "tell each preference, its value and where it was set",
    "jobs": "list what runs, and ran, in the background",
    "wait": "wait for jobs: wait [N | NAME | all] [SECONDS]",
    "cancel": "end jobs with what has arrived: cancel [N | NAME | all]",
    "doctor": "look at all that a cell stands on, and say what to change",
    "asyncio": "on: have snippets that end in asyncio.run(main()) run in cells",
    "login": "take an API key, unseen, and keep it; login --forget removes it",
    "key": "tell whether there is an API key, and where from",
}
"""What may follow `%runware` besides a kind, and what it does."""


def _kind_of_models(text: str) -> str:
    if text not in wire.BY_KIND:
        raise ValueError(f"must be one of {', '.join(wire.BY_KIND)}")
    return text


MODELS: Final[tuple[Option, ...]] = (
    Option(("--kind",), "KIND", _kind_of_models, "what they make, such as video"),
    Option(("--creator",), "NAME", str, "who made them, such as bfl"),
    Option(("--takes",), "WHAT", str, "what they take besides words: picture, mask, LoRA, or any parameter"),
    Option(("--capability",), "WORD", str, "what they can do, such as io:image-to-video"),
    Option(("--status",), "WORD", str, "live, coming-soon, deprecated, compatible-only, unlisted, or all"),
    Option(("--max-price",), "USD", float, "their lowest known price, for whatever unit, is at most this"),
    Option(("--refresh",), None, bool, "ask the public services for the newest first"),
    Option(("--community",), None, bool, "have the API search too; so do the options below"),
)
"""Options of `%runware models`."""
SEARCH: Final[tuple[Option, ...]] = (
    Option(("--category",), "WORD", str, "checkpoint, lora, lycoris, vae or embeddings"),
    Option(("--source",), "WORD", str, "official or community"),
    Option(("--architecture",), "WORD", str, "what they are built for, such as sdxl"),
    Option(("--visibility",), "WORD", str, "public, private, favorite or owned"),
    Option(("--sort",), "WORD", str, "popularity, name, addedUnixTimestamp; with - before it the other way round"),
    Option(("--limit",), "N", _count, "how many, at most 100"),
    Option(("--offset",), "N", int, "how many to leave out first"),
)
"""Options of `%runware models` that the API's search answers."""


CACHE: Final[Mapping[str, str]] = {
    "size": "how many files there are, and how large they are together",
    "ls": "list them, the newest first, with what made them and what they cost",
    "verify": "read them all, and name those that are damaged",
    "prune": "delete files that the ledger does not name",
    "export": "write files and what is known of them into a ZIP: cache export NAME.zip",
    "rebuild": "write down again, from the folder's manifest, what the ledger lacks",
}
"""What may follow `%runware cache`, and what it does."""


@dataclass(frozen=True, slots=True)
class Command:
    """What a cell asks for.

    Parameters
    ----------
    kind
        One of `KINDS`.
    target
        Variable to assign the run to.
    options
        Options of line 1 by name.
    block
        The parameters of the block, as YAML gave them; `{{ }}` in them not yet filled in.
    prompts
        The prompts, verbatim.
    """

    kind: str
    target: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    block: Mapping[str, Any] = field(default_factory=dict)
    prompts: tuple[str, ...] = ()

    @property
    def raw(self) -> bool:
        """Whether the body is one literal prompt."""
        return bool(self.options.get("raw"))

    @property
    def is_literal(self) -> bool:
        """Whether `{{ }}` stays as it is."""
        return self.raw or self.block.get("vars") is False


def parse(line: str, body: str | None = None) -> Command:
    """Read a cell, or with no body a line whose prompt follows its options.

    Raises
    ------
    UnknownName
        For a kind or option nobody knows, with the nearest.
    UsageError
        For whatever else is wrong. Nothing was sent.
    """
    if len(line) + len(body or "") > LONGEST:
        raise UsageError(f"this cell has more than {LONGEST:,} characters.")
    quiet = body is not None and line.rstrip().endswith(";")
    kind, rest = _kind(line.rstrip().removesuffix(";") if quiet else line)
    target, rest = _target(rest)
    options, rest = _options(rest)
    if quiet:
        options["quiet"] = True
    if options.pop("fresh", False):
        if options.get("cache", "fresh") != "fresh":
            raise UsageError(f"--fresh and --cache {options['cache']} contradict each other: keep one.")
        options["cache"] = "fresh"
    if target and options.get("out"):
        raise UsageError(f"the run is assigned twice, to {target} and {options['out']}: keep one.")
    target = target or options.pop("out", None)
    if body is None:
        return Command(kind, target, options, {}, (rest,) if rest else ())
    if target is None:
        target, rest = _target(rest)
    if rest:
        raise UsageError(f"{rest[:40]!r} is on the first line, which is for options: the prompt goes below it.")
    if options.get("raw"):
        return Command(kind, target, options, {}, (body.strip("\n"),) if body.strip() else ())
    block, text = _block(body)
    return Command(kind, target, options, block, (text,) if kind in {"task", "chain"} else _prompts(text))


def _kind(line: str) -> tuple[str, str]:
    word, _, rest = line.strip().partition(" ")
    if not word:
        raise UsageError(f"say what to make: %%runware {' | '.join(KINDS)}.")
    if word not in KINDS:
        raise UnknownName("kind", word[:40], KINDS, f"Kinds: {', '.join(KINDS)}.")
    return word, rest.strip()


def _target(rest: str) -> tuple[str | None, str]:
    match = re.match(r"(\S+?)\s*<<(?:\s+|$)", rest)
    if not match:
        return None, rest
    if not match[1].isidentifier():
        raise UsageError(f"{match[1][:40]!r} is not a variable's name, so nothing can be assigned to it.")
    return match[1], rest[match.end() :]


_TOKEN: Final = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'][^\s]*)""")


def _options(rest: str) -> tuple[dict[str, Any], str]:
    """Take options off the front; what follows the first word that is none is left verbatim."""
    options: dict[str, Any] = {}
    while match := re.match(r"\s*(--?[A-Za-z][\w-]*)(=|(?=\s)|$)", rest):
        flag, rest = match[1], rest[match.end() :]
        if re.fullmatch(r"--?(api[-_]?)?key", flag, re.IGNORECASE):
            raise UsageError("a key never goes into a cell, which is saved: set RUNWARE_API_KEY in the environment.")
        option = _BY_FLAG.get(flag)
        if option is None:
            raise UnknownName("option", flag[:40], _BY_FLAG, "See %runware help.")
        if option.takes is None:
            if match[2] == "=":
                raise UsageError(f"{flag} is a switch and takes no value.")
            options[option.name] = True
            continue
        value = _TOKEN.match(rest)
        if not value:
            raise UsageError(f"{flag} wants a value: {flag} {option.takes}.")
        rest = rest[value.end() :]
        options[option.name] = _value(option, flag, value[1])
    return options, rest.strip()


def _value(option: Option, flag: str, text: str) -> Any:
    if text[:1] in {'"', "'"}:
        text = re.sub(r'\\(["\\])', r"\1", text[1:-1])
    try:
        return option.read(text)
    except ValueError as error:
        reason = str(error) if str(error).startswith("must") else f"must be {option.takes}"
        raise UsageError(f"{flag} is {text[:40]!r}, but {reason}.") from None


def _block(body: str) -> tuple[dict[str, Any], str]:
    """Split the parameters off the front of a body."""
    lines = body.splitlines()
    start = next((n for n, line in enumerate(lines) if line.strip()), len(lines))
    if start < len(lines) and lines[start].startswith("#|"):
        end = next((n for n in range(start, len(lines)) if not lines[n].startswith("#|")), len(lines))
        text = "\n".join(line[2:].removeprefix(" ") for line in lines[start:end])
    elif start < len(lines) and lines[start].rstrip() == "---":
        end = next((n for n in range(start + 1, len(lines)) if lines[n].rstrip() == "---"), -1)
        if end < 0:
            raise UsageError("the parameters begin with --- but do not end with it: add a line --- after them.")
        text = "\n".join(lines[start + 1 : end])
        end += 1
    else:
        return {}, body
    return _yaml(text), "\n".join(lines[end:])


class _Loader(yaml.SafeLoader):
    """Safe YAML without aliases, which can grow without bound, and without keys given twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.constructor.ConstructorError(problem="aliases (*) are not used here")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for name in (str(key.value) for key, _ in node.value):
            if name in seen:
                raise yaml.constructor.ConstructorError(problem=f"{name[:40]} is given twice")
            seen.add(name)
        return super().construct_mapping(node, deep)


def _whole_number(loader: _Loader, node: Any) -> int:
    """Read a whole number, of a size that JSON takes everywhere."""
    number = int(loader.construct_yaml_int(node))
    if abs(number) >= 1 << 63:
        raise yaml.constructor.ConstructorError(problem="a number there is too large")
    return number


_Loader.add_constructor("tag:yaml.org,2002:int", _whole_number)
_BARE: Final = re.compile(r"^([ \t]*(?:-[ \t]+)?[\w.-]+:[ \t]+)(\{\{.*?\}\})[ \t]*$", re.MULTILINE)


def load_yaml(text: str) -> Any:
    """Read YAML or JSON, with `name: {{ expression }}` taken as text, which YAML would read as a mapping."""
    if len(text) > LONGEST_BLOCK:
        raise UsageError(f"the parameters have more than {LONGEST_BLOCK:,} characters.")
    quoted = _BARE.sub(lambda m: m[1] + "'" + m[2].replace("'", "''") + "'", text)
    try:
        return yaml.load(quoted, _Loader)  # noqa: S506  (a SafeLoader)
    except Exception as error:  # noqa: BLE001  (odd tags make the library raise what it likes)
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        reason = getattr(error, "problem", None) or "it is not YAML"
        raise UsageError(f"the parameters cannot be read{where}: {reason}.") from None


def _yaml(text: str) -> dict[str, Any]:
    block = load_yaml(text)
    if block is None:
        return {}
    if not isinstance(block, dict) or not all(isinstance(key, str) for key in block):
        raise UsageError("parameters are lines of the form name: value.")
    return block


def _prompts(text: str) -> tuple[str, ...]:
    parts = re.split(r"^===[ \t]*$", text, flags=re.MULTILINE)
    return tuple(stripped for part in parts if (stripped := part.strip()))
