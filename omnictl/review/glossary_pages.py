"""The pages of a browsable glossary in one language: the index, who owns what, the picture, what rows cannot answer."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from omnictl.glossary.card import in_language
from omnictl.render.document import Block, Cell, Code, Grid, Heading, Items, Link, Page, Paragraph, Picture, Search
from omnictl.render.html import Markup
from omnictl.review.book import Book, Entry
from omnictl.review.glossary_card import card_blocks
from omnictl.review.glossary_picture import near_picture, whole_picture
from omnictl.review.glossary_words import LANGUAGES, WORDS, family_name

PICTURE = "picture.svg"


@dataclass(frozen=True)
class Edition:
    """The pages of a book in one language. `suffix` is of the files that a picture leads to."""

    book: Book
    lang: str
    suffix: str

    @property
    def words(self) -> dict[str, str]:
        return WORDS[self.lang]

    def label(self, name: str) -> str:
        """What a KPI is called, with its variant where the address names one; the address when it is unknown."""
        identifier, _, variant = name.partition("@")
        entry = self.book.entries.get(identifier)
        if entry is None:
            return name
        return (entry.variants.get(variant, entry.kpi) if variant else entry.kpi).labelled(self.lang)

    def path(self, name: str) -> str:
        return f"{self.lang}/{name}"

    def kpi_path(self, name: str) -> str:
        return self.path(f"kpi/{name.partition('@')[0].partition(':')[0]}")

    def kpi_link(self, name: str) -> Link:
        return Link(self.label(name), self.kpi_path(name))

    def pages(self) -> Iterator[Page]:
        """Every page, the index first."""
        yield self._page("index", self.words["title"], self._index())
        yield self._page("owners", self.words["owners"], self._owners())
        yield self._page("picture", self.words["picture"], self._picture())
        yield self._page("unanswered", self.words["unanswered"], self._unanswered())
        for entry in self.book.entries.values():
            yield self._page(f"kpi/{entry.kpi.id}", self.label(entry.kpi.id), self._kpi(entry))

    def _page(self, name: str, title: str, blocks: list[Block]) -> Page:
        links = [Link(self.words[key], self.path(file)) for key, file in (
            ("kpis", "index"), ("owners", "owners"), ("picture", "picture"), ("unanswered", "unanswered"),
        )]  # fmt: skip
        other = next(lang for lang in LANGUAGES if lang != self.lang)
        shown = title if name == "index" else f"{title} · {self.words['title']}"
        return Page(
            self.path(name), self.lang, shown, blocks, links, (other, LANGUAGES[other], f"{other}/{name}"), self.words
        )

    def _index(self) -> list[Block]:
        book, words = self.book, self.words
        found: list[Block] = [
            Heading(words["title"], 1),
            Paragraph(words["intro"].format(len(book.entries), len(book.families)), "lead"),
            Search(words["search"], words["found"], words["nothing"], self._search_index()),
        ]
        for family, entries in book.families.items():
            found.append(Heading(family_name(family, self.lang), anchor=f"family-{_slug(family)}"))
            found.append(Items([self._line(entry) for entry in entries], [entry.kpi.id for entry in entries]))
        if book.unanswered:
            found.append(Heading(words["unanswered"]))
            target = self.path("unanswered")
            items: list[Cell] = [
                [Link(in_language(each.label, self.lang), f"{target}#{name}"), " ", Code(name)]
                for name, each in book.unanswered.items()
            ]
            found.append(Items(items, list(book.unanswered)))
        return found

    def _line(self, entry: Entry) -> Cell:
        question = in_language(entry.kpi.question, self.lang)
        return [self.kpi_link(entry.kpi.id), " ", Code(entry.kpi.id), f" {question}"]

    def _search_index(self) -> dict[str, str]:
        """By name, all that it can be found by in any language."""
        found = {}
        for name, entry in self.book.entries.items():
            kpi = entry.kpi
            told = [name, name.replace("_", " "), *kpi.label.values(), *kpi.question.values(), kpi.owner]
            told += [word for words in kpi.synonyms.values() for word in words]
            told += [text for wording in kpi.wording.values() for text in wording.values()]
            told += [text for vendor in kpi.vendors.values() for text in (vendor.shown, vendor.name)]
            told += [text for note in kpi.variants.values() for text in note.values()]
            found[name] = plain(" ".join(told))
        for name, other in self.book.unanswered.items():
            found[name] = plain(" ".join([name, name.replace("_", " "), *other.label.values()]))
        return found

    def _owners(self) -> list[Block]:
        found: list[Block] = [Heading(self.words["owners"], 1)]
        for owner, entries in self.book.owners.items():
            found.append(Heading(owner or self.words["no_owner"]))
            found.append(Items([[self.kpi_link(entry.kpi.id), " ", Code(entry.kpi.id)] for entry in entries]))
        return found

    def _picture(self) -> list[Block]:
        path = self.path("picture")
        labels = {name: self.label(name) for name in self.book.entries}
        svg = whole_picture(self.book, labels, path, self.path("kpi"), self.suffix)
        words = self.words
        drawing = Picture(svg, words["picture"], self.path(PICTURE))
        return [Heading(words["picture"], 1), Paragraph(words["picture_intro"]), drawing]

    def _unanswered(self) -> list[Block]:
        words = self.words
        found: list[Block] = [Heading(words["unanswered"], 1), Paragraph(words["unanswered_intro"], "lead")]
        for name, each in self.book.unanswered.items():
            instead = [self.kpi_link(kpi) for kpi in each.instead if kpi in self.book.entries]
            told: list[list[Cell]] = [[words["why"], in_language(each.why, self.lang)]]
            if instead:
                told.append([words["instead"], joined(instead)])
            if each.command:
                told.append(["omnictl", each.pointer(self.lang).rpartition(". ")[2]])
            found += [Heading(in_language(each.label, self.lang), anchor=name), Paragraph(Code(name)), Grid(told)]
        return found

    def _kpi(self, entry: Entry) -> list[Block]:
        words, name = self.words, entry.kpi.id
        used_by = self.book.used_by.get(name, ())
        labels = {each: self.label(each) for each in self.book.entries}
        path = self.kpi_path(name)
        svg = near_picture(self.book, name, labels, path, self.path("kpi"), self.suffix)
        made_of = [self.kpi_link(each) for each in entry.made_of]
        related: list[list[Cell]] = [
            [words["made_of"], joined(made_of) or words["nothing_else"]],
            [words["used_by"], joined([self.kpi_link(each) for each in used_by]) or words["nobody"]],
            [words["relations"], joined([Code(each) for each in entry.relations])],
        ]
        return [
            *card_blocks(entry, self.lang),
            Heading(words["picture"]),
            Grid(related),
            *([Picture(svg, words["picture"], f"{path}.svg")] if made_of or used_by else []),
        ]

    def pictures(self) -> Iterator[tuple[str, Markup]]:
        """The drawings by their own files, for formats that cannot hold them in a page."""
        for page in self.pages():
            for block in page.blocks:
                if isinstance(block, Picture):
                    yield block.file, block.svg


def joined(links: list[Link] | list[Code]) -> list[Link | Code | str]:
    """Several with commas between."""
    found: list[Link | Code | str] = []
    for link in links:
        found += [", ", link] if found else [link]
    return found


_TYPED = str.maketrans({"\u2018": "'", "\u2019": "'", "\u0153": "oe"})  # signs that some keyboards write of their own


def plain(text: str) -> str:
    """Small letters without accents, words by one space: as a search looks at what it is given."""
    split = unicodedata.normalize("NFD", " ".join(text.split()))
    found = "".join(sign for sign in split if not unicodedata.combining(sign)).lower()
    return found.translate(_TYPED)


def _slug(text: str) -> str:
    return "".join(sign if sign.isalnum() else "-" for sign in plain(text))
