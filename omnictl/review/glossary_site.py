"""A browsable glossary as files: HTML that opens from a disk, or Markdown for a repository, in two languages.

The same glossary gives the same bytes. A list of the files, `files.txt`, lies among them: so that what an earlier
glossary left behind can be taken away, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from omnictl.render.document_html import SUFFIX, html_file, html_page, html_turn
from omnictl.render.document_markdown import markdown_file, markdown_page
from omnictl.render.folder import Written
from omnictl.review.book import Book
from omnictl.review.glossary_pages import Edition
from omnictl.review.glossary_picture import standing_alone
from omnictl.review.glossary_words import LANGUAGES, WORDS

Form = Literal["html", "md"]
FORMS: tuple[Form, ...] = ("html", "md")
_WRITTEN = Written(
    "kpi docs", re.compile(r"(?:index\.html|README\.md|(?:en|fr)/(?:kpi/)?[A-Za-z0-9_]+\.(?:html|md|svg))\Z")
)


def site(book: Book, form: Form, lang: str) -> dict[str, str]:
    """The files by their path. `lang` is the language one begins in."""
    found = dict(_first(form, lang))
    for language in LANGUAGES:
        edition = Edition(book, language, SUFFIX if form == "html" else ".md")
        if form == "html":
            found |= {html_file(page.path): html_page(page) for page in edition.pages()}
        else:
            found |= {markdown_file(page.path): markdown_page(page) for page in edition.pages()}
            found |= {file: standing_alone(svg) for file, svg in edition.pictures()}
    return dict(sorted(found.items()))


def _first(form: Form, lang: str) -> Iterator[tuple[str, str]]:
    """The page at the top, which leads to each language."""
    if form == "html":
        yield "index.html", html_turn(f"{lang}/index", WORDS[lang]["title"], lang)
        return
    links = [f"- [{WORDS[language]['title']}]({language}/README.md)" for language in LANGUAGES]
    yield "README.md", "\n".join([f"# {WORDS[lang]['title']}", "", *links]) + "\n"


def write_site(files: dict[str, str], folder: Path) -> int:
    """Write the files and take away what an earlier run wrote and this one does not; returns how many were taken away.

    Raises:
        OmnictlError: the folder holds files of others under these names, or cannot be written.
    """
    return _WRITTEN.write(files, folder)
