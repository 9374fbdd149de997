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
    names = sorted(book.entries, key=lambda name: (_rows_of(book, name), book.entries[name].family, name))
    edges = [(f"relation {relation}", name) for name in names for relation in _read_by_itself(book, name)]
    relations = sorted({start for start, _ in edges})
    edges += [(below, name) for name in names for below in book.entries[name].made_of_ids]
    nodes = [Node(name, name.removeprefix("relation "), 0) for name in relations]
    nodes += [Node(name, labels[name], 1 + book.depth[name], _way(pages, name, here, suffix)) for name in names]
    return drawn(nodes, edges)


def _rows_of(book: Book, name: str) -> tuple[str, ...]:
    return book.entries[name].relations


def _read_by_itself(book: Book, name: str) -> list[str]:
    """The relations behind a KPI that no KPI it is made of stands for already."""
    below = {each for other in book.entries[name].made_of_ids for each in _rows_of(book, other)}
    return [each for each in _rows_of(book, name) if each not in below]


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
    """Boxes in columns, with curves from left to right. The longest column keeps the order given, the others stand
    beside what they are joined to."""
    columns: dict[int, list[Node]] = {}
    for node in nodes:
        columns.setdefault(node.column, []).append(node)
    heights = _heights(columns, edges)
    left, places, boxes = float(MARGIN), {}, []
    for _, members in sorted(columns.items()):
        width = max(len(node.text) for node in members) * LETTER + 2 * MARGIN
        for node in members:
            y = heights[node.name]
            places[node.name] = (left, left + width, y + HEIGHT / 2)
            boxes.append(_box(node, left, y, width))
        left += width + BETWEEN
    curves = [_curve(places[start], places[end]) for start, end in edges if start in places and end in places]
    width, height = left - BETWEEN + MARGIN, max(heights.values(), default=0) + STEP + MARGIN
    size = {"width": f"{width:.0f}", "height": f"{height:.0f}", "viewBox": f"0 0 {width:.0f} {height:.0f}"}
    return tag("svg", curves, boxes, xmlns="http://www.w3.org/2000/svg", **size)


def _heights(columns: Mapping[int, Sequence[Node]], edges: Sequence[tuple[str, str]]) -> dict[str, float]:
    """The top of each box by its name."""
    if not columns:
        return {}
    joined: dict[str, list[str]] = {}
    for start, end in edges:
        joined.setdefault(start, []).append(end)
        joined.setdefault(end, []).append(start)
    middle = max(columns, key=lambda column: (len(columns[column]), -column))
    found = {node.name: MARGIN + number * float(STEP) for number, node in enumerate(columns[middle])}
    lowest = MARGIN + (len(columns[middle]) - 1) * float(STEP)
    for column in sorted(columns, key=lambda column: (abs(column - middle), column)):
        if column != middle:
            found |= _beside([node.name for node in columns[column]], joined, found, lowest)
    return found


def _beside(
    names: Sequence[str], joined: Mapping[str, Sequence[str]], placed: Mapping[str, float], lowest: float
) -> dict[str, float]:
    """A column whose boxes stand as near as can be to the middle of what each is joined to, without overlap."""

    def wish(name: str) -> float:
        near = [placed[other] for other in joined.get(name, ()) if other in placed]
        return sum(near) / len(near) if near else lowest

    ordered = sorted(names, key=lambda name: (wish(name), names.index(name)))
    found: dict[str, float] = {}
    free = float(MARGIN)
    for name in ordered:
        found[name] = max(free, wish(name))
        free = found[name] + STEP
    most = lowest
    for name in reversed(ordered):
        found[name] = min(found[name], most)
        most = found[name] - STEP
    return found


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
