"""`completes`, `match` and `unmatched` of omnictl.yml: what loads, and what is said of what does not, and where."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from omnictl.errors import DefinitionError
from omnictl.workspace import Workspace, load_workspace

HEAD = "timezone: Europe/Paris\nsources:\n"
CALLS = """\
  calls:
    connector: table
    path: calls.csv
    columns: {interaction_id: id, channel: "'phone'", started_at: begun}
    identifiers: {phone: phone}
"""


def cdr(*lines: str, name: str = "cdr") -> str:
    """A source that begins on line 8 after `calls`; its own lines begin with the sixth, line 13."""
    return CALLS.replace("calls", name) + "".join(f"    {line}\n" for line in lines)


def load(folder: Path, *sources: str) -> Workspace:
    (folder / "omnictl.yml").write_text(HEAD + "".join(sources), encoding="utf-8")
    return load_workspace(folder / "omnictl.yml")


def test_what_is_left_out(tmp_path: Path) -> None:
    completion = load(tmp_path, CALLS, cdr("completes: calls")).sources["cdr"].completion
    assert completion is not None
    assert (completion.of, completion.keys, completion.unmatched) == ("calls", (("interaction_id", None),), "keep")


def test_a_whole_completion(tmp_path: Path) -> None:
    lines = ("completes: calls", "match: [interaction_id, {phone: 10 min}]", "unmatched: reject")
    completion = load(tmp_path, CALLS, cdr(*lines)).sources["cdr"].completion
    assert completion is not None
    assert completion.keys == (("interaction_id", None), ("phone", timedelta(minutes=10)))
    assert completion.unmatched == "reject"


@pytest.mark.parametrize(
    ("lines", "code", "place", "said"),
    [
        (["completes: cals"], "unknown-source", (13, 16), "`cdr` cannot complete `cals`"),
        (["completes: cdr"], "unknown-source", (13, 16), "`cdr` cannot complete `cdr`"),
        (["match: interaction_id"], "match-without-completes", (13, 5), "`match` needs `completes`"),
        (["unmatched: drop"], "match-without-completes", (13, 5), "`unmatched` needs `completes`"),
        (["completes: calls", "unmatched: dropped"], "unknown-value", (14, 16), "`dropped`"),
        (["completes: calls", "match: phone"], "unknown-value", (14, 12), "`match` cannot be `phone`"),
        (["completes: calls", "match: [interaction_id, id]"], "unknown-value", (14, 29), "`match` cannot be `id`"),
        (["completes: calls", "match: [[phone]]"], "wrong-type", (14, 13), "`match` must be a mapping"),
        (
            ["completes: calls", "match: {phone: 10 min}"],
            "wrong-type",
            (14, 12),
            "`match` of source `cdr` must be a li",
        ),
        (["completes: calls", "match: []"], "wrong-type", (14, 12), "must name what makes a match"),
        (["completes: calls", "match: [{phone: 10}]"], "wrong-type", (14, 21), "`phone` of `match` must be a duration"),
        (["completes: calls", "match: [{phone: -5 min}]"], "wrong-type", (14, 21), "`phone` of `match` must be a dur"),
        (["completes: calls", "match: [{phone: 5 s, email: 5 s}]"], "wrong-type", (14, 13), "names one kind"),
        (
            ["completes: calls", "match: [{phon: 5 s}]"],
            "unknown-value",
            (13, 16),
            "source `cdr` has no identifier `ph",
        ),
    ],
)
def test_faults_have_their_place(
    tmp_path: Path, lines: list[str], code: str, place: tuple[int, int], said: str
) -> None:
    with pytest.raises(DefinitionError) as caught:
        load(tmp_path, CALLS, cdr(*lines))
    found = caught.value.findings[0]
    assert found.place is not None
    assert (found.code, (found.place.line, found.place.column)) == (code, place)
    assert said in found.message


def test_a_chain(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError) as caught:
        load(tmp_path, CALLS, cdr("completes: calls"), cdr("completes: cdr", name="crm"))
    (found,) = caught.value.findings
    assert found.place is not None
    assert (found.code, found.place.line, found.hint) == ("completes-chain", 19, "completes: calls")


def test_a_source_without_contacts_cannot_be_completed(tmp_path: Path) -> None:
    votes = (
        "  votes: {connector: table, path: v.csv, relation: surveys, columns: {survey_id: id, question: \"'nps'\"}}\n"
    )
    with pytest.raises(DefinitionError) as caught:
        load(tmp_path, votes, cdr("completes: votes"))
    assert [(found.code, found.message) for found in caught.value.findings] == [
        ("unknown-source", "`votes` gives surveys, no contacts that could be completed")
    ]
