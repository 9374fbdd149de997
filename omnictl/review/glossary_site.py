"""A browsable glossary as files: HTML that opens from a disk, or Markdown for a repository, in two languages.

The same glossary gives the same bytes. A list of the files, `files.txt`, lies among them: so that what an earlier
glossary left behind can be taken away, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from omnictl.errors import OmnictlError
from omnictl.render.document_html import SUFFIX, html_file, html_page, html_turn
from omnictl.render.document_markdown import markdown_file, markdown_page
from omnictl.review.book import Book
from omnictl.review.glossary_pages import Edition
from omnictl.review.glossary_picture import standing_alone
from omnictl.review.glossary_words import LANGUAGES, WORDS

Form = Literal["html", "md"]
FORMS: tuple[Form, ...] = ("html", "md")
MANIFEST = "files.txt"
FIRST_LINE = "Written by omnictl kpi docs; what is listed here is replaced and removed with the next one."
_OURS = re.compile(r"(?:index\.html|README\.md|(?:en|fr)/(?:kpi/)?[A-Za-z0-9_]+\.(?:html|md|svg))\Z")


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
    try:
        before = _before(folder)
        strange = [name for name in files if before is None and (folder / name).exists()]
        if strange:
            hint = "name an empty folder, or remove the file"
            raise OmnictlError(f"{folder / strange[0]} is there already and was not written by `kpi docs`", hint=hint)
        for name, text in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
        gone = [name for name in before or () if name not in files and (folder / name).is_file()]
        for name in gone:
            (folder / name).unlink()
        listed = "\n".join([FIRST_LINE, "", *files]) + "\n"
        (folder / MANIFEST).write_text(listed, encoding="utf-8", newline="\n")
    except OSError as error:
        raise OmnictlError(f"{folder} cannot be written: {error.strerror}") from None
    return len(gone)


def _before(folder: Path) -> list[str] | None:
    """The files an earlier run wrote, those of our names alone; None when none did."""
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return None
    lines = manifest.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line for line in lines[1:] if _OURS.match(line)] if lines[:1] == [FIRST_LINE] else None
