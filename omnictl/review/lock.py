"""omnictl.lock: what each KPI of a workspace meant when somebody last looked, and what has changed since.

The file is text for people and for git: one line per KPI and variant with the hash of its meaning and the glossary it
comes from, below it what the hash is of, key by key; of a variant what differs from its KPI. Figures do not depend on
it: a changed meaning is told by the check until it is accepted.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from omnictl.errors import DefinitionError, Finding, Place
from omnictl.glossary.canonical import MADE_OF, canonical, hash_of
from omnictl.review.whole import Whole

FILE_NAME = "omnictl.lock"
VERSION = 1
HEAD = f"""\
# What each KPI means, as last accepted by `omnictl kpi lock`. Commit this file; do not edit it.
omnictl lock {VERSION}
"""
ABSENT = "-"  # of a variant: its KPI has the key, the variant does not
MOST_TOLD = 8  # names in one message

_ENTRY = re.compile(r"([a-z][a-z0-9_]*(?:@[a-z0-9][a-z0-9_]*)?)  ([0-9a-f]{16})  (\S.*)\Z")
_KEY = re.compile(r"    ([^:]+): (.*)\Z")


@dataclass(frozen=True)
class Locked:
    """One KPI or variant as it was accepted. `told` is its canonical meaning."""

    address: str
    hash: str
    glossary: str
    told: Mapping[str, str]

    @property
    def kpi(self) -> str:
        return self.address.partition("@")[0]


Lock = Mapping[str, Locked]  # by address


def lock_of(whole: Whole) -> dict[str, Locked]:
    """What the KPIs of a glossary mean now; those with faults are left out."""
    found = {}
    for address, meaning in whole.meanings.items():
        told = canonical(meaning)
        found[address] = Locked(address, hash_of(told), meaning.kpi.layer, told)
    return found


def lock_text(lock: Lock) -> str:
    """The text of a lock: the same for the same meanings, sorted, one key to a line."""
    lines = [HEAD]
    for address in sorted(lock):
        each = lock[address]
        base = lock.get(each.kpi) if each.address != each.kpi else None
        lines.append(f"{each.address}  {each.hash}  {each.glossary}\n")
        known = base.told if base is not None else {}
        differing = {key: text for key, text in each.told.items() if known.get(key) != text}
        differing |= dict.fromkeys(known.keys() - each.told.keys(), ABSENT)
        lines += [f"    {key}: {_one_line(text)}\n" for key, text in sorted(differing.items())]
    return "".join(lines)


def _one_line(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def _as_written(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "r": "\r"}.get(found[1], found[1]), text)


def read_lock(file: Path, shown: str) -> dict[str, Locked]:
    """The lock in a file.

    Raises:
        DefinitionError: it cannot be read, or is not what `kpi lock` wrote.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DefinitionError(Finding("file-unreadable", f"{shown} cannot be read: {error}")) from None
    written: dict[str, tuple[str, str, dict[str, str]]] = {}
    places: dict[str, int] = {}  # the line of each entry
    begun = False
    for number, line in enumerate(lines, 1):
        if line.startswith("#") or not line.strip():
            continue
        if not begun:
            begun = line == f"omnictl lock {VERSION}"
        elif (entry := _ENTRY.match(line)) is not None and entry[1] not in written:
            written[entry[1]], places[entry[1]] = (entry[2], entry[3], {}), number
        elif (key := _KEY.match(line)) is not None and written:
            list(written.values())[-1][2][key[1]] = _as_written(key[2])
        else:
            begun = False
        if not begun:
            raise DefinitionError(_damaged(shown, number, line))
    if not begun:
        raise DefinitionError(_damaged(shown, 1, lines[0] if lines else ""))
    for address, each in (laid := _laid_over(written)).items():
        if hash_of(each.told) != each.hash:
            raise DefinitionError(_damaged(shown, places[address], lines[places[address] - 1]))
    return laid


def _damaged(shown: str, number: int, line: str) -> Finding:
    hint = "take it from git as it was, or write it anew: omnictl kpi lock"
    message = f"{shown} is not as `kpi lock` of this version writes it"
    return Finding("lock-damaged", message, Place(shown, number, 1, max(1, len(line))), hint, "error", line)


def _laid_over(written: Mapping[str, tuple[str, str, Mapping[str, str]]]) -> dict[str, Locked]:
    """Each entry with all its keys, those of a variant laid over its KPI's."""
    found: dict[str, Locked] = {}
    for address, (digits, glossary, keys) in written.items():
        kpi, _, variant = address.partition("@")
        below = written[kpi][2] if variant and kpi in written else {}
        told = {key: text for key, text in {**below, **keys}.items() if text != ABSENT}
        found[address] = Locked(address, digits, glossary, told)
    return found


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Key, old text and new text of what two meanings say otherwise; '' where one does not say it."""
    for key in [*after, *(key for key in before if key not in after)]:
        if before.get(key) != after.get(key):
            yield key, before.get(key, ""), after.get(key, "")


def check_lock(whole: Whole, lock: Lock, shown: str, only: Collection[str] = ()) -> Iterator[Finding]:
    """What has changed since the lock was written: meanings one by one, new and removed KPIs together.

    Args:
        only: the ids of the KPIs that are looked at; () for all.
    """
    now = {address: each for address, each in lock_of(whole).items() if not only or each.kpi in only}
    lock = {address: each for address, each in lock.items() if not only or each.kpi in only}
    for address, each in now.items():
        old = lock.get(address)
        if old is not None and old.hash != each.hash:
            yield _changed(whole, old, each)
    unread = {name for name in whole.glossary.names if name not in now}
    if new := sorted(now.keys() - lock.keys()):
        yield Finding("not-locked", f"not in {shown} yet: {_few(new)}", Place(shown), _remedy(new), "warning")
    if gone := sorted(address for address in lock.keys() - now.keys() if lock[address].kpi not in unread):
        yield Finding("locked-and-gone", f"in {shown}, and gone: {_few(gone)}", Place(shown), _remedy(gone), "warning")


def _changed(whole: Whole, old: Locked, new: Locked) -> Finding:
    kpi = whole.kpis[new.kpi]
    changes = list(differences(old.told, new.told))
    own = [(key, was, now) for key, was, now in changes if not key.startswith(MADE_OF)]
    below = [key.removeprefix(f"{MADE_OF} ") for key, _, _ in changes if key.startswith(MADE_OF)]
    message = f"`{new.address}` no longer means what it did when it was accepted"
    if below:
        message += f", by way of {', '.join(below)}"
    lines = [f"{key}: {was or '(nothing)'}  →  {now or '(nothing)'}" for key, was, now in own]
    lines.append(f"accept it: omnictl kpi lock {kpi.id}")
    return whole.finding("meaning-changed", message, kpi, "kpi", "\n".join(lines), "error")


def _few(names: list[str]) -> str:
    return ", ".join(names[:MOST_TOLD]) + (f" and {len(names) - MOST_TOLD} more" if len(names) > MOST_TOLD else "")


def _remedy(names: list[str]) -> str:
    kpis = {name.partition("@")[0] for name in names}
    return f"omnictl kpi lock {kpis.pop()}" if len(kpis) == 1 else "omnictl kpi lock"


def accepted(lock: Lock, now: Lock, kpis: Collection[str], known: Collection[str]) -> dict[str, Locked]:
    """The lock with the meanings of now accepted: of some KPIs with their variants, or of all when none is named.

    Args:
        known: every KPI of the glossary; one that cannot be understood stays as it was locked.
    """
    readable = {each.kpi for each in now.values()}
    chosen = set(kpis) or (readable | {each.kpi for each in lock.values() if each.kpi not in known})
    kept = {address: each for address, each in lock.items() if each.kpi not in chosen}
    return kept | {address: each for address, each in now.items() if each.kpi in chosen}
