"""Documents as HTML pages that stand alone: no script, style, font or picture is fetched from anywhere.

A page's policy lets its own style and script in, by their digests, and nothing else: what slipped through the escaping
would still not run.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable

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
from omnictl.render.html import Markup, allowance, data_script, markup, tag
from omnictl.render.look import SCRIPT, STYLE

SUFFIX = ".html"
MANY = 5  # columns that do not fit a telephone: their table is moved sideways rather than squeezed


def html_file(path: str) -> str:
    """The file of a page."""
    return path + SUFFIX


def html_page(page: Page) -> str:
    """A page as the text of its file."""
    writer = _Writer(page.path)
    searched = any(isinstance(block, Search) for block in page.blocks)
    body = tag(
        "body",
        tag("a", page.words["skip"], class_="skip", href="#content"),
        tag("header", _navigation(page, writer)),
        tag("main", "\n", ([writer.block(block), "\n"] for block in page.blocks), id="content", tabindex="-1"),
        tag("script", Markup(SCRIPT)) if searched else None,
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(searched)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", page.title),
        tag("style", Markup(STYLE)),
    )
    return "<!doctype html>\n" + tag("html", "\n", head, "\n", body, "\n", lang=page.lang) + "\n"


def html_turn(path: str, title: str, lang: str) -> str:
    """A page that leads on to another one at once."""
    target = html_file(path)
    turn = tag("meta", http_equiv="refresh", content=f"0; url={target}")
    head = tag("head", tag("meta", charset="utf-8"), turn, tag("title", title))
    body = tag("body", tag("p", tag("a", title, href=target)))
    return "<!doctype html>\n" + tag("html", head, body, lang=lang) + "\n"


def _policy(searched: bool) -> str:
    script = f"; script-src {allowance(SCRIPT)}" if searched else ""
    return f"default-src 'none'; style-src {allowance(STYLE)}{script}; base-uri 'none'; form-action 'none'"


def _navigation(page: Page, writer: _Writer) -> Markup:
    links: list[Markup] = [writer.link(link, current=link.target == page.path) for link in page.links]
    if page.other is not None:
        lang, name, path = page.other
        links.append(tag("a", name, href=writer.reference(path), lang=lang, hreflang=lang, class_="language"))
    return tag("nav", links, aria_label=page.words["navigation"])


class _Writer:
    """Blocks as HTML, on one page."""

    def __init__(self, path: str) -> None:
        self.path = path

    def reference(self, target: str) -> str:
        """The way from this page to another, or to a part of it."""
        path, _, anchor = target.partition("#")
        if path == self.path and anchor:
            return f"#{anchor}"
        way = posixpath.relpath(html_file(path), posixpath.dirname(self.path) or ".")
        return f"{way}#{anchor}" if anchor else way

    def link(self, link: Link, *, current: bool = False) -> Markup:
        shown = tag("code", link.text) if link.code else markup(link.text)
        return tag("a", shown, href=self.reference(link.target), aria_current="page" if current else None)

    def inline(self, inline: Inline) -> Markup:
        if isinstance(inline, Link):
            return self.link(inline)
        if isinstance(inline, Strong):
            return tag("strong", inline.text)
        return tag("code", inline.text) if isinstance(inline, Code) else markup(inline)

    def cell(self, cell: Cell) -> Markup:
        return markup([self.inline(each) for each in inlines(cell)])

    def block(self, block: Block) -> Markup:
        """One block; a kind without a writer would be a fault of this module."""
        writers: dict[type, Callable[..., Markup]] = {
            Heading: self._heading,
            Paragraph: self._paragraph,
            Items: self._items,
            Grid: self._grid,
            Fold: self._fold,
            Picture: self._picture,
            Search: self._search,
        }
        return writers[type(block)](block)

    def _heading(self, block: Heading) -> Markup:
        return tag(f"h{block.level}", block.text, id=block.anchor or None)

    def _paragraph(self, block: Paragraph) -> Markup:
        return tag("p", self.cell(block.content), class_=block.kind or None)

    def _items(self, block: Items) -> Markup:
        names: Iterable[str | None] = block.names or [None] * len(block.items)
        items = [tag("li", self.cell(item), data_name=name) for item, name in zip(block.items, names, strict=True)]
        return tag("ul", items, class_="found" if block.names else None)

    def _grid(self, block: Grid) -> Markup:
        head = tag("thead", tag("tr", [tag("th", each, scope="col") for each in block.heads])) if block.heads else None
        rows = []
        for row in block.rows:
            cells = [self.cell(each) for each in row]
            first = [] if block.heads else [tag("th", cells.pop(0), scope="row")]
            rows.append(tag("tr", first, [tag("td", each) for each in cells]))
        many = "many" if len(block.heads) >= MANY else None
        return tag(
            "div", tag("table", head, tag("tbody", rows), class_=many), class_="wide", tabindex="0", role="group"
        )

    def _fold(self, block: Fold) -> Markup:
        return tag("details", tag("summary", block.summary), [self.block(each) for each in block.blocks])

    def _picture(self, block: Picture) -> Markup:
        return tag("div", block.svg, class_="wide", tabindex="0", role="group", aria_label=block.shows)

    def _search(self, block: Search) -> Markup:
        field = tag("input", type="search", id="search", autocomplete="off", spellcheck="false")
        told = tag("p", id="told", role="status", data_found=block.found, data_nothing=block.nothing)
        form = tag(
            "div",
            tag("label", block.label, for_="search"),
            field,
            told,
            class_="search stays" if block.stays else "search",
        )
        return markup(form, data_script(block.index, "index"))
