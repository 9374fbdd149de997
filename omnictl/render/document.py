"""A document of headings, paragraphs and tables, told once and written as HTML or as Markdown.

Pages are named by their path without a suffix, from the root of the documents: `en/kpi/nps`; a part of one by `#`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from omnictl.render.html import Markup


@dataclass(frozen=True)
class Code:
    """A text that a machine reads: an expression, an id."""

    text: str


@dataclass(frozen=True)
class Strong:
    """A text that must not be overlooked."""

    text: str


@dataclass(frozen=True)
class Link:
    """A text that leads to a page. `code`: the text is one that a machine reads."""

    text: str
    target: str
    code: bool = False


Inline = str | Code | Strong | Link
Cell = Inline | Sequence[Inline]


@dataclass(frozen=True)
class Heading:
    """A heading; `anchor` is where links with `#` lead."""

    text: str
    level: int = 2
    anchor: str = ""


@dataclass(frozen=True)
class Paragraph:
    """Running text. `kind` sets it apart: lead, note."""

    content: Cell
    kind: str = ""


@dataclass(frozen=True)
class Items:
    """A list. `names` gives each item a name that a search can hide it by; empty for lists that are not searched."""

    items: Sequence[Cell]
    names: Sequence[str] = ()


@dataclass(frozen=True)
class Grid:
    """A table. Without `heads`, the first column says what the second tells."""

    rows: Sequence[Sequence[Cell]]
    heads: Sequence[str] = ()


@dataclass(frozen=True)
class Fold:
    """What is opened to be read."""

    summary: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Picture:
    """A drawing, with what it shows in words. `file`: its own path, where a format cannot hold it in the page."""

    svg: Markup
    shows: str
    file: str


@dataclass(frozen=True)
class Search:
    """A field that leaves the items it finds. Formats without scripts have none.

    Attributes:
        label, found, nothing: words beside it; `found` holds `{}` for how many there are.
        index: name of an item: every word it can be found by, in small letters without accents.
        stays: whether it stays in sight over all that follows it; on a page that goes on after the items it must not.
    """

    label: str
    found: str
    nothing: str
    index: dict[str, Any]
    stays: bool = True


Block = Heading | Paragraph | Items | Grid | Fold | Picture | Search


@dataclass(frozen=True)
class Page:
    """One page.

    Attributes:
        path: from the root, without a suffix.
        links: the pages to go to from anywhere, with their names.
        other: the same page in another language: that language, its own name, and the path.
    """

    path: str
    lang: str
    title: str
    blocks: Sequence[Block]
    links: Sequence[Link] = ()
    other: tuple[str, str, str] | None = None
    words: dict[str, str] = field(default_factory=dict)


def inlines(cell: Cell) -> Sequence[Inline]:
    """What a cell holds, as a list."""
    return [cell] if isinstance(cell, (str, Code, Strong, Link)) else cell
