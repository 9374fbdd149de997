"""Documents as Markdown for a repository: what a definition says stands as text, neither markup nor HTML."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from omnictl.render.document import (
    Block,
    Cell,
    Code,
    Fold,
    Grid,
    Heading,
    Inline,
    Items,
    Link,
    Page,
    Paragraph,
    Picture,
    Search,
    Strong,
    inlines,
)
from omnictl.render.page import inert

_BEGUN = re.compile(r"^([#>+-]|[0-9]+(?=[.)]))")  # what would make a heading, a quotation or a list of a paragraph
INDEX, FRONT = "index", "README"  # the file that a repository shows first


def markdown_file(path: str) -> str:
    """The file of a page."""
    folder, name = posixpath.split(path)
    return posixpath.join(folder, FRONT if name == INDEX else name) + ".md"


def markdown_page(page: Page) -> str:
    """A page as the text of its file."""
    writer = _Writer(page.path)
    links = [writer.inline(link) for link in page.links]
    if page.other is not None:
        links.append(writer.inline(Link(page.other[1], page.other[2])))
    blocks = [" · ".join(links), *(writer.block(block) for block in page.blocks)]
    return "\n\n".join(text for text in blocks if text) + "\n"


class _Writer:
    """Blocks as Markdown, on one page."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.folder = posixpath.dirname(path) or "."

    def reference(self, target: str) -> str:
        path, _, anchor = target.partition("#")
        if path == self.path and anchor:
            return f"#{anchor}"
        way = posixpath.relpath(markdown_file(path), self.folder)
        return f"{way}#{anchor}" if anchor else way

    def inline(self, inline: Inline) -> str:
        if isinstance(inline, Code):
            return _code(inline.text)
        if isinstance(inline, Strong):
            return f"**{inert(inline.text)}**"
        if isinstance(inline, Link):
            text = _code(inline.text) if inline.code else inert(inline.text)
            return f"[{text}]({self.reference(inline.target)})"
        return inert(inline)

    def cell(self, cell: Cell) -> str:
        return "".join(map(self.inline, inlines(cell)))

    def block(self, block: Block) -> str:
        """One block; '' for what Markdown has no form for."""
        writers: dict[type, Callable[..., str]] = {
            Heading: self._heading,
            Paragraph: lambda block: _BEGUN.sub(r"\\\1", self.cell(block.content)),
            Items: lambda block: "\n".join(f"- {self.cell(item)}" for item in block.items),
            Grid: self._grid,
            Fold: self._fold,
            Picture: self._picture,
            Search: lambda block: "",
        }
        return writers[type(block)](block)

    def _heading(self, block: Heading) -> str:
        anchor = f'<a id="{block.anchor}"></a>\n\n' if block.anchor else ""
        return f"{anchor}{'#' * block.level} {inert(block.text)}"

    def _grid(self, block: Grid) -> str:
        width = len(block.heads) or max((len(row) for row in block.rows), default=0)
        heads = list(block.heads) or [""] * width
        rows = [[self.cell(cell) for cell in row] for row in block.rows]
        lines = [[inert(head) for head in heads], ["---"] * width, *rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)

    def _fold(self, block: Fold) -> str:
        inside = "\n\n".join(filter(None, (self.block(each) for each in block.blocks)))
        return f"<details><summary>{inert(block.summary)}</summary>\n\n{inside}\n\n</details>"

    def _picture(self, block: Picture) -> str:
        return f"![{inert(block.shows)}]({posixpath.relpath(block.file, self.folder)})"


def _code(text: str) -> str:
    """Code that no back-tick and no bar in it can end; a table cell takes a bar only when it is escaped."""
    shown = " ".join(text.split()).replace("|", "\\|")
    ticks = "`" * (1 + max((len(run) for run in _runs(shown)), default=0))
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{space}{shown}{space}{ticks}"


def _runs(text: str) -> list[str]:
    return [run for run in "".join(sign if sign == "`" else " " for sign in text).split() if run]
