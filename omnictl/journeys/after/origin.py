"""Where a question about what follows begins: interactions on channels, or those in which something was read; and the
rows a question then sees, as SQL that stands in the place of the relations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnictl.engines.connection import one_of, quoted
from omnictl.errors import OmnictlError, did_you_mean

if TYPE_CHECKING:
    import duckdb

    from omnictl.referential import Channel, Intent

VISITS = ("web", "app", "faq")
WORDS = ("agent", "contact", "visit")  # of several channels; the others are channels themselves
READ = {"article": ("article",), "page": ("page",), "form": ("form_start", "form_submit")}  # word: types of steps
FORM = "form_start"  # the type that stands for a form once its steps are alike

SEEN = """
select object, max(case when {like} then 1 else 0 end) as fits
from steps where {types} and object is not null
group by object order by object
"""
TOLD = {
    "en": {
        "agent": "contacts handled by a person",
        "contact": "inbound contacts",
        "visit": "visits",
        "channel": "interactions on {}",
        "read": "interactions that have {} {}",
        "about": "about {}",
    },
    "fr": {
        "agent": "contacts traités par une personne",
        "contact": "contacts entrants",
        "visit": "visites",
        "channel": "interactions sur {}",
        "read": "interactions avec {} {}",
        "about": "à propos de {}",
    },
}


@dataclass(frozen=True)
class Origin:
    """The interactions that are followed or not.

    Attributes:
        word: `agent`, `contact`, `visit`, `channel`, or what was read: a key of `READ`.
        names: the channels, or the globs of what was read; none for a word of several channels.
        intents: the intents it is about, with those below them; none for all.
    """

    word: str
    names: tuple[str, ...] = ()
    intents: tuple[str, ...] = ()

    @property
    def visits_only(self) -> bool:
        return self.word == "channel" and set(self.names) <= set(VISITS)

    def where(self, condition: str | None) -> str | None:
        """The asker's condition with that on the channels."""
        own = ""
        if self.word == "channel":
            own = f"channel in ({', '.join(map(quoted, self.names))})"
        elif self.word in ("contact", "visit"):
            own = f"kind = '{self.word}'"
        if not own:
            return condition
        return f"({condition}) and {own}" if condition else own

    def seen(self, cuts: Collection[str]) -> str:
        """SQL: CTEs that stand for `interactions` and `steps`, '' where all of them are seen.

        Of interactions those that read what is asked, and of these those about the intents: by their own or by that
        of a step. Of steps, where the answer is cut by one of their kinds, those that are meant.

        Args:
            cuts: the keys of `READ` that the answer is cut by.
        """
        rows: list[str] = []
        steps: list[str] = []
        if self.word in READ:
            rows.append(f"exists ({_STEPS_OF} and {self._read()})")
            if self.word in cuts:
                steps.append(self._read())
        if self.intents:
            rows.append(f"({self._about('i.intent')} or exists ({_STEPS_OF} and {self._about('s.intent')}))")
            steps.append(self._about("coalesce(s.intent, i.intent)"))
        found = []
        if steps or "form" in cuts:
            kinds = one_of("s.type", READ["form"])
            columns = ", ".join(["s.source", "s.interaction_id", f"case when {kinds} then '{FORM}' else s.type end"])
            where = f"\n  where {' and '.join(steps)}" if steps else ""
            found.append(f"steps as (\n  select {columns} as type, s.object\n  from steps as s{_INTERACTION}{where}\n)")
        if rows:
            found.insert(
                0, f"interactions as (\n  select i.*\n  from interactions as i\n  where {' and '.join(rows)}\n)"
            )
        return ",\n".join(found)

    def told(self, lang: str) -> str:
        words = TOLD.get(lang, TOLD["en"])
        if self.word in READ:
            text = words["read"].format(self.word, " or ".join(self.names))
        else:
            text = words[self.word].format(", ".join(self.names))
        return f"{text}, {words['about'].format(', '.join(self.intents))}" if self.intents else text

    def _read(self) -> str:
        names = " or ".join(_like(name) for name in self.names)
        return f"{one_of('s.type', READ[self.word])} and ({names})"

    def _about(self, intent: str) -> str:
        return one_of(intent, self.intents)


_STEPS_OF = "select 1 from steps as s where s.source = i.source and s.interaction_id = i.interaction_id"
_INTERACTION = "\n  join interactions as i on i.source = s.source and i.interaction_id = s.interaction_id"


def origin_of(text: str, channels: Mapping[str, Channel], seen: Collection[str]) -> Origin:
    """What ORIGIN on the line stands for: a word, channels with commas between, or `article:/faq/bill/*`.

    Args:
        channels: those that the referential knows.
        seen: those of the data.

    Raises:
        OmnictlError: it stands for nothing.
    """
    word, colon, rest = text.partition(":")
    if colon:
        names = tuple(name.strip() for name in rest.split(",") if name.strip())
        if word.casefold() in READ and names:
            return Origin(word.casefold(), names)
        hint = "article:/faq/invoice, page:/account/*, form:move; or a channel: faq"
        raise OmnictlError(f"`{text}` names nothing that was read", hint=hint)
    if text.casefold() in WORDS:
        return Origin(text.casefold())
    names = tuple(dict.fromkeys(name.strip().casefold() for name in text.split(",") if name.strip()))
    for name in names:
        if name not in channels and name not in seen:
            near = did_you_mean(name, (*WORDS, *channels, *seen))
            hint = f"`{name}` is asked for by itself" if name in WORDS else near
            raise OmnictlError(f"there is no channel `{name}`", hint=hint)
    if not names:
        raise OmnictlError("no channel is named", hint="omnictl journey after faq --then phone --within 2h")
    return Origin("channel", names)


def check_read(origin: Origin, con: duckdb.DuckDBPyConnection) -> None:
    """See that what was read is in the data.

    Raises:
        OmnictlError: a name fits no step; the hint names the nearest.
    """
    for name in origin.names if origin.word in READ else ():
        types = one_of("s.type", READ[origin.word])
        sql = SEEN.format(like=_like(name), types=types).replace("from steps", "from steps as s")
        found = con.execute(sql).fetchall()
        if not any(fits for _, fits in found):
            near = did_you_mean(name, (each for each, _ in found))
            hint = (
                near if found else f"no step of the data tells one: {', '.join(READ[origin.word])} in relation `steps`"
            )
            raise OmnictlError(f"nobody has read {origin.word} `{name}`", hint=hint)


def untold(cuts: Iterable[str], con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Notes on cuts by what was read where no step tells that: all rows stand under none."""
    for name in cuts:
        if name in READ:
            types = one_of("type", READ[name])
            if con.execute(f"select exists (from steps where {types} and object is not null)").fetchall() == [(False,)]:
                yield f"no step of the data tells a {name}: {', '.join(READ[name])} in relation `steps`"


def intents_below(name: str, intents: Mapping[str, Intent], seen: Collection[str]) -> tuple[str, ...]:
    """An intent and all those below it.

    Raises:
        OmnictlError: neither the referential nor the data has it.
    """
    if name not in intents and name not in seen:
        raise OmnictlError(f"there is no intent `{name}`", hint=did_you_mean(name, (*intents, *seen)))
    found = {name: None}
    for _ in intents:  # at most as many levels as intents
        more = [each for each, intent in sorted(intents.items()) if intent.parent in found and each not in found]
        if not more:
            break
        found |= dict.fromkeys(more)
    return tuple(found)


def _like(glob: str) -> str:
    """SQL: whether an object is the one named; `*` stands for anything."""
    if "*" not in glob:
        return f"s.object = {quoted(glob)}"
    text = glob.replace("!", "!!").replace("%", "!%").replace("_", "!_").replace("*", "%")
    return f"s.object like {quoted(text)} escape '!'"
