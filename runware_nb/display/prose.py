"""Prose: Markdown that a model wrote, as HTML that can do nothing.

The one HTML here that Jinja does not escape. Tags in the text stay text, pictures become links (a picture would
tell its host who reads), and links lead to http, https and mailto only.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from runware_nb.display.links import web_url

if TYPE_CHECKING:
    from markdown_it.token import Token

_LONGEST: Final = 60_000
"""Characters beyond which text is shown as it is: parsing is slower than linear on hostile input."""
_STYLES: Final = {
    "h1": "font-size:1.25em;font-weight:600;margin:.9em 0 .4em;line-height:1.3",
    "h2": "font-size:1.15em;font-weight:600;margin:.9em 0 .4em;line-height:1.3",
    "h3": "font-size:1.05em;font-weight:600;margin:.8em 0 .3em;line-height:1.3",
    "h4": "font-size:1em;font-weight:600;margin:.8em 0 .3em",
    "p": "margin:.5em 0",
    "ul": "margin:.5em 0;padding-left:1.6em",
    "ol": "margin:.5em 0;padding-left:1.6em",
    "blockquote": "margin:.6em 0;padding:0 0 0 .9em;border-left:3px solid rgba(128,128,128,.5);opacity:.85",
    "table": "border-collapse:collapse;margin:.6em 0;font-size:inherit",
    "th": "padding:3px 10px;border:1px solid rgba(128,128,128,.35);text-align:left",
    "td": "padding:3px 10px;border:1px solid rgba(128,128,128,.35);text-align:left",
    "a": "color:inherit;text-decoration:underline",
    "code": "font-family:ui-monospace,monospace;font-size:.92em;padding:1px 4px;border-radius:4px;"
    "background:rgba(128,128,128,.16)",
    "hr": "border:0;border-top:1px solid rgba(128,128,128,.4);margin:1em 0",
}
_PRE: Final = (
    "margin:.6em 0;padding:9px 11px;border-radius:7px;background:rgba(128,128,128,.13);overflow-x:auto;font-size:.92em"
)


def prose(text: str) -> Markup | None:
    """Render Markdown; None when it is too long or cannot be parsed, and the text is to be shown as it is."""
    if len(text) > _LONGEST:
        return None
    try:
        return Markup(_parser().render(text))  # noqa: S704 - made by the safe parser below
    except Exception:  # noqa: BLE001 - whatever a model wrote, its text must show
        return None


@cache
def _parser() -> Any:
    """Make the parser: CommonMark and tables, less raw HTML and pictures, with inline styles."""
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML

    class Styled(RendererHTML):
        """Puts the style of each element in its tag: style sheets do not survive in notebooks."""

        def renderToken(self, tokens: Any, idx: int, options: Any, env: Any) -> str:  # noqa: N802
            _dress(tokens[idx])
            return super().renderToken(tokens, idx, options, env)

        def code_inline(self, tokens: Any, idx: int, options: Any, env: Any) -> str:
            _dress(tokens[idx])
            return super().code_inline(tokens, idx, options, env)

        def fence(self, tokens: Any, idx: int, options: Any, env: Any) -> str:
            return self.code_block(tokens, idx, options, env)

        def code_block(self, tokens: Any, idx: int, options: Any, env: Any) -> str:  # noqa: ARG002
            block = Markup("<pre style='{}'><code style='background:none'>{}</code></pre>\n")
            return str(block.format(_PRE, tokens[idx].content))

    class Safe(MarkdownIt):
        """Lets a link be a link only where it leads to the web or to mail."""

        def validateLink(self, url: str) -> bool:  # noqa: N802
            return web_url(url) is not None or (url.startswith("mailto:") and url.isprintable())

    parser = Safe("commonmark", {"html": False}, renderer_cls=Styled)
    return parser.enable("table").disable(["image", "html_inline", "html_block"])


def _dress(token: Token) -> None:
    if token.nesting < 0 or token.tag not in _STYLES:
        return
    aligned = token.attrGet("style") if token.tag in {"td", "th"} else None
    token.attrSet("style", f"{_STYLES[token.tag]};{aligned}" if aligned else _STYLES[token.tag])
    if token.tag == "a":
        token.attrSet("target", "_blank")
        token.attrSet("rel", "noopener noreferrer")
