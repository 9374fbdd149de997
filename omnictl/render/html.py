"""HTML built from plain functions: what is not markup already is escaped, always.

`tag("p", text, class_="note")` gives `<p class="note">…</p>`; a text handed to it stands as that text, whatever it
holds. Only `Markup` passes as it is, and only this module and the ones that build on it make any.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Iterable
from typing import Any

VOID = frozenset({"meta", "link", "br", "hr", "input", "img"})
_IN_SCRIPT = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


class Markup(str):
    """A text that is HTML already."""

    __slots__ = ()


Content = str | None | Iterable["Content"]


def markup(*content: Content) -> Markup:
    """The contents one after the other, escaped where they are no markup; None is nothing."""
    return Markup("".join(_each(each) for each in content))


def _each(content: Content) -> str:
    if content is None:
        return ""
    if isinstance(content, Markup):
        return content
    if isinstance(content, str):
        return html.escape(content, quote=True)
    return "".join(_each(each) for each in content)


def tag(name: str, /, *content: Content, **attributes: str | bool | None) -> Markup:
    """An element. Of an attribute's name a trailing `_` is dropped and others become `-`; True stands without a value,
    None and False not at all."""
    said = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        shown = key.rstrip("_").replace("_", "-")
        said.append(f" {shown}" if value is True else f' {shown}="{html.escape(value, quote=True)}"')
    opened = f"<{name}{''.join(said)}>"
    return Markup(opened if name in VOID else f"{opened}{markup(*content)}</{name}>")


def data_script(data: Any, identifier: str) -> Markup:
    """JSON for a page's script to read, which no text in it can leave."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    for sign, written in _IN_SCRIPT.items():
        text = text.replace(sign, written)
    return Markup(f'<script type="application/json" id="{html.escape(identifier)}">{text}</script>')


def allowance(source: str) -> str:
    """What a content security policy says to let one inline script or style in, and no other."""
    digest = hashlib.sha256(source.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
