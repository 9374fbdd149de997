"""The picture of what is made of what: relations, the KPIs made of their rows, and the KPIs made of KPIs."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from omnictl.render.html import Markup, tag
from omnictl.review.book import Book

STEP, HEIGHT = 26, 20  # from one box to the next, and of a box
LETTER, MARGIN = 7.2, 14  # of 13-pixel letters, generously
BETWEEN = 90  # columns, for the curves


@dataclass(frozen=True)
class Node:
    """A box: a relation or a KPI. `page` is where it leads; '' leads nowhere."""

    name: str
    text: str
    column: int
    page: str = ""
    own: bool = False


def whole_picture(book: Book, labels: Mapping[str, str], here: str, pages: str, suffix: str) -> Markup:
    """All KPIs: relations in the first column, then by how many KPIs lie below.

    Args:
        labels: what a KPI is called, by id.
        here: the path of the page or file it stands in.
        pages: the folder of the KPIs' pages.
        suffix: of a page's file.
    """
    relations = sorted({name for entry in book.entries.values() for name in _rows_of(book, entry.kpi.id)})
    nodes = [Node(f"relation {name}", name, 0) for name in relations]
    ordered = sorted(book.entries, key=lambda name: (_rows_of(book, name), book.entries[name].family, name))
    nodes += [Node(name, labels[name], 1 + book.depth[name], _way(pages, name, here, suffix)) for name in ordered]
    edges = [
        (f"relation {relation}", name)
        for name in ordered
        if not book.entries[name].made_of_ids
        for relation in _rows_of(book, name)
    ]
    edges += [(below, name) for name in ordered for below in book.entries[name].made_of_ids]
    return drawn(nodes, edges)


def _rows_of(book: Book, name: str) -> tuple[str, ...]:
    return book.entries[name].relations


def near_picture(book: Book, name: str, labels: Mapping[str, str], here: str, pages: str, suffix: str) -> Markup:
    """One KPI between what it is made of and what is made of it."""
    entry = book.entries[name]
    below, above = entry.made_of_ids, book.used_by.get(name, ())
    sources = [Node(f"relation {each}", each, 0) for each in entry.relations] if not below else []
    sources += [Node(each, labels[each], 0, _way(pages, each, here, suffix)) for each in below]
    users = [Node(each, labels[each], 2, _way(pages, each, here, suffix)) for each in above]
    own = Node(name, labels[name], 1, own=True)
    edges = [(each.name, name) for each in sources] + [(name, each.name) for each in users]
    return drawn([*sources, own, *users], edges)


def _way(pages: str, name: str, here: str, suffix: str) -> str:
    return posixpath.relpath(f"{pages}/{name}{suffix}", posixpath.dirname(here))


def drawn(nodes: Sequence[Node], edges: Sequence[tuple[str, str]]) -> Markup:
    """Boxes in columns, in the order given, with curves from left to right."""
    columns: dict[int, list[Node]] = {}
    for node in nodes:
        columns.setdefault(node.column, []).append(node)
    tallest = max(map(len, columns.values()), default=1)
    left, places, boxes = float(MARGIN), {}, []
    for _, members in sorted(columns.items()):
        width = max(len(node.text) for node in members) * LETTER + 2 * MARGIN
        top = MARGIN + (tallest - len(members)) * STEP / 2
        for number, node in enumerate(members):
            y = top + number * STEP
            places[node.name] = (left, left + width, y + HEIGHT / 2)
            boxes.append(_box(node, left, y, width))
        left += width + BETWEEN
    curves = [_curve(places[start], places[end]) for start, end in edges if start in places and end in places]
    width, height = left - BETWEEN + MARGIN, 2 * MARGIN + tallest * STEP
    size = {"width": f"{width:.0f}", "height": f"{height:.0f}"}
    return tag(
        "svg", curves, boxes, xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width:.0f} {height:.0f}", **size
    )


def _box(node: Node, x: float, y: float, width: float) -> Markup:
    rect = tag("rect", x=f"{x:.1f}", y=f"{y:.1f}", width=f"{width:.1f}", height=str(HEIGHT), rx="4", class_="box")
    text = tag("text", node.text, x=f"{x + MARGIN:.1f}", y=f"{y + HEIGHT - 6:.1f}")
    inside = tag("a", rect, text, href=node.page) if node.page else tag("g", rect, text)
    return tag("g", inside, class_="own" if node.own else None)


def _curve(start: tuple[float, float, float], end: tuple[float, float, float]) -> Markup:
    (_, x1, y1), (x2, _, y2) = start, end
    middle = (x1 + x2) / 2
    return tag(
        "path", d=f"M{x1:.1f} {y1:.1f}C{middle:.1f} {y1:.1f} {middle:.1f} {y2:.1f} {x2:.1f} {y2:.1f}", class_="edge"
    )


def standing_alone(svg: Markup) -> str:
    """A picture as a file of its own, with the look that a page would give it."""
    style = (
        "svg{background:#fff}text{font:13px system-ui,sans-serif;fill:#1d2327}a text{fill:#0b5cad}"
        ".box{fill:#f3f5f7;stroke:#d5dbe0}.own .box{stroke:#0b5cad;stroke-width:2}.edge{fill:none;stroke:#8a949c}"
    )
    head, _, rest = svg.partition(">")
    return f"{head}>{tag('style', Markup(style))}{rest}\n"
