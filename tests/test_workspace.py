"""omnictl.yml and referential.yml: what loads, and what is said of what does not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from omnictl.errors import DefinitionError
from omnictl.referential import load_referential
from omnictl.workspace import Workspace, find_workspace, load_workspace

GOOD = """\
workspace: acme
timezone: Europe/Paris
country: FR
language: fr
referential: referential.yml
sources:
  calls:
    connector: table
    path: [calls/*.csv, archive/*.csv]
    max_rejects: 0.5%
    missing: ["?"]
    retrieval: {method: sftp, every: 1h, lateness: 2h, owner: telephony}
    columns:
      interaction_id: id
      channel: "'phone'"
      started_at: "strptime(begin, '%d/%m/%Y %H:%M')"
      wrap_up: code
    identifiers: {phone: caller}
identity:
  ignore: {phone: [+33000000000]}
  secret: ${ACME_SECRET}
engine: {memory: 4GB, threads: 2}
"""
REFERENTIAL = """\
intents:
  claim: {label: {en: Report a claim, fr: Déclarer un sinistre}, value: 40, better_with: person}
  quote: {label: Devis}
solutions:
  faq_claim: {label: {en: Claim FAQ}, channel: faq, intents: [claim], owner: digital}
  quotes: {channel: web, intents: [claim, quote]}
match:
  - {queue: "habitation*", intent: claim, business_line: home}
  - {page: "/sinistre/**", solution: faq_claim}
  - {wrap_up: "SIN*", source: calls, intent: claim}
channels: {kiosk: {mode: self_service, kind: visit}}
"""


def load(folder: Path, workspace: str = GOOD, referential: str = REFERENTIAL) -> Workspace:
    (folder / "omnictl.yml").write_text(workspace, encoding="utf-8")
    (folder / "referential.yml").write_text(referential, encoding="utf-8")
    return load_workspace(folder / "omnictl.yml")


def faults(folder: Path, workspace: str = GOOD, referential: str = REFERENTIAL) -> list[tuple[str, int, int]]:
    with pytest.raises(DefinitionError) as caught:
        load(folder, workspace, referential)
    return [(f.code, f.place.line if f.place else 0, f.place.column if f.place else 0) for f in caught.value.findings]


def test_a_whole_workspace_loads(tmp_path: Path) -> None:
    workspace = load(tmp_path)
    source = workspace.sources["calls"]
    assert source.paths == ("calls/*.csv", "archive/*.csv")
    assert (source.timezone, source.timezone_given, source.relation) == ("Europe/Paris", False, "interactions")
    assert str(source.max_rejects) == "0.005"
    assert source.retrieval is not None and source.retrieval.every is not None
    assert source.retrieval.every.total_seconds() == 3600
    assert workspace.identity.ignore == {"phone": ("+33000000000",)}
    assert workspace.referential.channels["kiosk"].kind == "visit"
    assert workspace.referential.intent_of_solution() == {"faq_claim": "claim"}
    assert not workspace.warnings


def test_a_secret_is_read_when_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACME_SECRET", raising=False)
    workspace = load(tmp_path)
    with pytest.raises(DefinitionError, match="ACME_SECRET is not set"):
        assert workspace.identity.secret
    monkeypatch.setenv("ACME_SECRET", "s3cret")
    assert workspace.identity.secret == "s3cret"


def test_a_variable_may_have_a_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CALLS", raising=False)
    workspace = load(tmp_path, GOOD.replace("[calls/*.csv, archive/*.csv]", "${CALLS:-calls}/*.csv"))
    assert workspace.sources["calls"].paths == ("calls/*.csv",)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("retrieval:", "retreival:", ("unknown-key", 12, 5)),
        ("timezone: Europe/Paris", "timezone: Europe/Pari", ("unknown-timezone", 2, 11)),
        ("connector: table", "connector: tabel", ("unknown-value", 8, 16)),
        ("interaction_id: id", "interaction: id", ("unknown-column", 14, 7)),
        ("max_rejects: 0.5%", "max_rejects: 200%", ("wrong-type", 10, 18)),
        ("every: 1h", "every: 1", ("wrong-type", 12, 38)),
        ("country: FR", "country: France", ("wrong-type", 3, 1)),
        ("memory: 4GB", "memory: lots", ("wrong-type", 22, 10)),
        ("threads: 2", "threads: 0", ("wrong-type", 22, 23)),
        ("referential: referential.yml", "referential: none.yml", ("file-missing", 5, 14)),
        ("    path: [calls/*.csv, archive/*.csv]\n", "", ("missing-key", 8, 5)),
        ("language: fr", "language: de", ("unknown-value", 4, 11)),
        ("language: fr", "glossary: [kpi/]", ("folder-missing", 4, 12)),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path: Path, old: str, new: str, expected: tuple[str, int, int]) -> None:
    assert expected in faults(tmp_path, GOOD.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("intents: [claim], owner", "intents: [clam], owner", ("unknown-intent", 5, 63)),
        ("source: calls", "source: call", ("unknown-source", 10, 15)),
        ("{page:", "{pages:", ("unknown-key", 9, 6)),
        ("better_with: person", "better_with: robot", ("unknown-value", 2, 90)),
        ('{wrap_up: "SIN*", source: calls', '{wrap_up: "SIN*", queue: q, source: calls', ("match-rule", 10, 5)),
        ("solution: faq_claim}", "}", ("match-rule", 9, 5)),
    ],
)
def test_a_fault_of_the_referential_is_named_too(
    tmp_path: Path, old: str, new: str, expected: tuple[str, int, int]
) -> None:
    assert expected in faults(tmp_path, referential=REFERENTIAL.replace(old, new))


def test_faults_of_both_files_come_together_in_reading_order(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        GOOD.replace("country: FR", "contry: FR").replace("channel:", "chanel:"),
        REFERENTIAL.replace("intents: [claim], owner", "intents: [clam], owner"),
    )
    assert [code for code, _, _ in found] == ["unknown-key", "missing-column", "unknown-column", "unknown-intent"]


def test_a_workspace_is_found_from_below_and_its_absence_is_said(tmp_path: Path) -> None:
    load(tmp_path)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find_workspace(below) == tmp_path / "omnictl.yml"
    with pytest.raises(DefinitionError, match="no such folder"):
        find_workspace(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("key", "glob", "matching", "other"),
    [
        ("queue", "habitation*", ["Habitation Sud", "habitation", "HABITATION/2"], ["auto habitation"]),
        (
            "page",
            "/sinistre/**",
            ["/sinistre/a/b", "/sinistre", "/sinistre/", "/sinistre/x?y=1"],
            ["/sinistres", "/a/sinistre/b"],
        ),
        ("page", "/devis/*", ["/devis/auto", "/devis/auto/"], ["/devis/auto/2"]),
        ("wrap_up", "S?N.1", ["SIN.1", "sun.1"], ["SINx1", "SSIN.1"]),
        ("ivr_node", "2.1 (a) & b", ["2.1 (a) & b"], ["2x1 (a) & b"]),
    ],
)
def test_globs_of_match_rules(tmp_path: Path, key: str, glob: str, matching: list[str], other: list[str]) -> None:
    import duckdb

    path = tmp_path / "referential.yml"
    path.write_text(f'intents: {{claim: {{}}}}\nmatch: [{{{key}: "{glob}", intent: claim}}]\n', encoding="utf-8")
    regex = load_referential(path).match[0].regex
    for text in (*matching, *other):
        found = duckdb.execute("select regexp_matches(?, ?)", [text, regex]).fetchall()[0][0]
        assert found is (text in matching), (text, regex)
        assert bool(re.search(regex, text)) is found


def test_the_fingerprint_follows_what_shapes_a_source(tmp_path: Path) -> None:
    def of(workspace: str = GOOD, referential: str = REFERENTIAL) -> str:
        loaded = load(tmp_path, workspace, referential)
        return loaded.fingerprint(loaded.sources["calls"])

    assert of() == of(GOOD.replace("language: fr", "language: en"))
    assert of() != of(GOOD.replace("wrap_up: code", "wrap_up: code2"))
    assert of() != of(GOOD.replace("Europe/Paris", "UTC"))
    assert of() != of(referential=REFERENTIAL.replace("SIN*", "SI*"))
    assert of() == of(referential=REFERENTIAL.replace("fr: Déclarer un sinistre", "fr: Sinistre"))


def test_how_a_file_is_read(tmp_path: Path) -> None:
    options = '    missing: ["?"]\n'
    added = "    quote: none\n    records: a.b\n    table: calls\n    settle: 30 s\n"
    added += "    ready: '*.done'\n    format: sqlite\n"
    source = load(tmp_path, GOOD.replace(options, options + added)).sources["calls"]
    assert (source.options.quote, source.options.records, source.options.table) == ("none", "a.b", "calls")
    assert (source.options.format, source.ready) == ("sqlite", "*.done")
    assert source.settle is not None
    assert source.settle.total_seconds() == 30
    for wrong in ("quote: nono", "query: select 1", "settle: soon", "ready: done/*", "ready: '*'", "delimiter: ab"):
        texts = GOOD.replace(options, options + "    table: calls\n    " + wrong + "\n")
        assert [fault[:2] for fault in faults(tmp_path, texts)] == [("wrong-type", 13)]


@pytest.mark.parametrize(
    ("settings", "column"),
    [
        ("identity: {link_on: []}", 12),
        ("identity: {link_on: [phone, phone]}", 12),
        ("identity: {limits: {phone: 0}}", 28),
        ("needs: {silence: 0 s}", 9),
        ("needs: {silence: 40000000 d}", 18),  # the calendar has not so many days
        ("needs: {silence: 99999999999999999999 w}", 18),
    ],
)
def test_settings_of_people_that_cannot_be(tmp_path: Path, settings: str, column: int) -> None:
    lines = [line for line in GOOD.splitlines() if not line.startswith(("identity:", "  ignore:", "  secret:"))]
    workspace = "\n".join([*lines, settings, ""])
    assert faults(tmp_path, workspace) == [("wrong-type", len(lines) + 1, column)]


def test_a_kind_of_identifier_that_looks_misspelt_is_told(tmp_path: Path) -> None:
    """A limit that does nothing lets a shared telephone make one person of many. Kinds unlike any may be a plugin's."""
    workspace = GOOD.replace("  secret:", "  limits: {phne: 3, siret: 2, cookie: 2}\n  secret:")
    (told,) = load(tmp_path, workspace).warnings
    assert (told.code, told.message) == ("unknown-kind", "`limits` names `phne`, which no source has")
    assert told.hint == "did you mean `phone`?"
