"""Pages taken apart, to tell what is in them and whether they are whole."""

from __future__ import annotations

from html.parser import HTMLParser

from omnictl.render.html import VOID


class Parsed(HTMLParser):
    """The elements of a page; an element that is not closed, or closed wrongly, is a fault."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.data: dict[str, str] = {}
        self.feed(text)
        self.close()
        self.faults += [f"{name} is open" for name in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.elements.append((tag, told))
        if tag == "a":
            self.links.append(told["href"] or "")
        if told.get("id"):
            self.ids.append(told["id"] or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"{tag} is closed at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        if self.open:
            self.data[self.open[-1]] = self.data.get(self.open[-1], "") + data

    def count(self, name: str) -> int:
        return sum(tag == name for tag, _ in self.elements)
