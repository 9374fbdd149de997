"""What rows cannot answer: names people ask for, with the reason and what answers instead.

They stand in `not_by_rows.yaml` at the top of a glossary's folder, one mapping by name:

    required_agents:
      label: {en: …, fr: …}
      why: {en: …, fr: …}
      instead: [occupancy]          # KPIs that rows do answer
      command: staffing agents      # of omnictl, which answers it; `later:` when it is not there yet
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnictl.errors import DefinitionError, Finding, Place
from omnictl.glossary.folders import LISTS, Layer
from omnictl.places import Fields, Reader, parse

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Unanswered:
    """One name that rows cannot answer.

    Attributes:
        label, why: by language.
        instead: KPIs that come nearest to it.
        command: what answers it, without the name of the program; '' when nothing does.
        ready: whether that command is there.
    """

    name: str
    label: Mapping[str, str]
    why: Mapping[str, str]
    instead: tuple[str, ...]
    command: str
    ready: bool
    place: Place

    def told(self, lang: str) -> str:
        """The reason, and what answers instead, in one line."""
        return " ".join(filter(None, (_in(self.why, lang), self.pointer(lang))))

    def pointer(self, lang: str) -> str:
        """What answers instead; '' when nothing does."""
        words = _WORDS.get(lang, _WORDS["en"])
        kpis = f"{words['instead']} {', '.join(self.instead)}." if self.instead else ""
        command = f"{words['ready' if self.ready else 'later']} `omnictl {self.command}`." if self.command else ""
        return " ".join(filter(None, (kpis, command)))


_WORDS = {
    "en": {"instead": "Rows do answer:", "ready": "Answered by", "later": "Not yet: to come with"},
    "fr": {
        "instead": "Les lignes répondent à :",
        "ready": "Réponse par",
        "later": "Pas encore : à venir avec",
    },
}


def unanswered(layers: Iterable[Layer]) -> dict[str, Unanswered]:
    """Every name that rows cannot answer, sorted; a KPI of that name in any layer takes it off the list.

    Raises:
        DefinitionError: a list cannot be read, with every fault.
    """
    known = list(layers)
    found: dict[str, Unanswered] = {}
    for layer in known:
        for file in (layer.folder / name for name in LISTS):
            if file.is_file():
                found |= {each.name: each for each in _read(file)}
    taken = {name for layer in known for name in layer.names()}
    return {name: found[name] for name in sorted(found) if name not in taken}


def refusal_of(name: str, layers: Iterable[Layer]) -> Finding | None:
    """Why a name cannot be asked for; None when it is on no list."""
    found = unanswered(layers).get(name)
    if found is None:
        return None
    message = f"`{name}` is not answered by rows: {_in(found.why, 'en')}"
    return Finding("not-by-rows", message, hint=found.pointer("en"))


def _read(file: Path) -> list[Unanswered]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DefinitionError(Finding("file-unreadable", f"{file}: {error}")) from None
    found = []
    for document in parse(text, str(file)):
        reader = Reader(document)
        entries = reader.root("the list").entries()
        found += [_entry(name, place, reader.fields(node, f"`{name}`")) for name, place, node in entries]
        reader.finish()
    return found


def _entry(name: str, place: Place, fields: Fields) -> Unanswered:
    label, why = (_texts(fields.fields(key, required=True)) for key in ("label", "why"))
    instead = tuple(fields.texts("instead"))
    ready, later = fields.text("command") or "", fields.text("later") or ""
    fields.done()
    return Unanswered(name, label, why, instead, ready or later, bool(ready), place)


def _texts(fields: Fields) -> dict[str, str]:
    entries = (
        (language, fields.reader.text(node, f"{fields.what} in {language}")) for language, _, node in fields.entries()
    )
    return {language: " ".join(text.split()) for language, text in entries if text}


def _in(texts: Mapping[str, str], lang: str) -> str:
    return texts.get(lang) or texts.get("en") or next(iter(texts.values()), "")
