"""A glossary read: places of faults, layers over each other, variants, parameters, and what is loaded when."""

from __future__ import annotations

from pathlib import Path

import pytest
from asking import HEAD, glossary_of

from omnictl.errors import DefinitionError
from omnictl.glossary import load_glossary
from omnictl.glossary.check import check_glossary

GOOD = """\
kpi: lost
rollup: share
from: interactions
at: queued_at
where: direction = 'inbound'
channels: [phone, chat]
parameters: {short: 5 s}
numerator: count_if(outcome = 'abandoned' and wait_s >= :short)
denominator: count(*)
variants:
  all: {numerator: count_if(outcome = 'abandoned'), note: {en: all, fr: tous}}
"""


STOCK = """\
kpi: waiting
rollup: stock
from: interactions
open: {since: started_at, until: resolved_at}
"""
LEVEL = "kpi: clients\nrollup: stock\nfrom: base\nat: period_start\nvalue: sum(active)\n"


def codes(*kpis: str) -> list[str]:
    """The codes of what is found; over the shipped KPIs where the first names other KPIs."""
    below: tuple[str | Path, ...] = ("standard",) if "kpi(" in kpis[0] else ()
    return [finding.code for finding in check_glossary(glossary_of(*kpis, below=below))]


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


def test_a_good_one_has_no_findings() -> None:
    assert codes(GOOD) == []
    assert codes(STOCK, LEVEL) == []
    assert codes(STOCK + "over_time: max\n", LEVEL + "over_time: mean\n") == []
    assert codes(GOOD + "by: channel\ndenominator_over: [channel, queue]\n") == []


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        (changed("kpi: lost", "kpi: Lost"), "invalid-name", "kpi"),
        (changed("kpi: lost", "kpi: " + "l" * 81), "invalid-name", "kpi"),
        (changed("rollup: share", "rolup: share"), "unknown-key", "rolup"),
        (changed("rollup: share", "rollup: shared"), "unknown-value", "shared"),
        (changed("from: interactions", "from: interaction"), "unknown-relation", "interaction"),
        (changed("channels: [phone, chat]", "channels: [fone]"), "unknown-channel", "fone"),
        (changed("{short: 5 s}", "{short: [5]}"), "wrong-type", "[5]"),
        (changed("denominator: count(*)", "denominator: avg(wait_s)"), "not-accepted", "avg"),
        (changed("denominator: count(*)", "denominator: outcome"), "column-outside-aggregate", "outcome"),
        (changed("denominator: count(*)", "denominator: 5"), "no-aggregate", "5"),
        (changed("denominator: count(*)", "denominator: count(*) / count(*)"), "not-additive", "count(*) /"),
        (changed("denominator: count(*)", "value: count(*)"), "rollup-contradicts", "value"),
        (changed(":short", ":shrt"), "unknown-parameter", ":shrt"),
        (changed("direction = 'inbound'", "direction = 5"), "wrong-kind", "direction"),
        (changed("at: queued_at", "at: queue"), "wrong-kind", "queue"),
        (changed("at: queued_at", "at: {mail: queued_at}"), "unused-channel", "queued_at"),
        (GOOD + "windows: J+7\n", "unknown-key", "windows"),
        (GOOD + "by: [chanel]\n", "unknown-column", "chanel"),
        (GOOD + "by: [channel, channel]\n", "asked-twice", "channel]"),
        (GOOD + "by: []\n", "wrong-type", "[]"),
        (GOOD + "denominator_over: [chanel]\n", "unknown-column", "chanel"),
        (GOOD + "over_time: mean\n", "rollup-contradicts", "over_time"),
        (GOOD + "open: {since: started_at, until: resolved_at}\n", "rollup-contradicts", "open"),
        (changed("rollup: share", "rollup: stock"), "rollup-contradicts", "numerator"),
        (STOCK + "numerator: count(*)\n", "rollup-contradicts", "numerator"),
        (STOCK + "value: count(distinct queue)\n", "rollup-contradicts", "count"),
        (STOCK + "at: started_at\n", "rollup-contradicts", "at"),
        (STOCK + "over_time: sum\n", "unknown-value", "sum"),
        (STOCK + "denominator_over: [channel]\n", "rollup-contradicts", "denominator_over"),
        (STOCK.replace("since: started_at, ", ""), "missing-key", "open"),
        (STOCK.replace(", until: resolved_at", ""), "missing-key", "open"),
        (STOCK.replace("started_at", "queue"), "wrong-kind", "queue"),
        (STOCK.replace("resolved_at", "talk_s"), "wrong-kind", "talk_s"),
        (STOCK.replace("resolved_at", "resolved_att"), "unknown-column", "resolved_att"),
        (STOCK.replace("resolved_at", "resolved_at, at: started_at"), "unknown-key", "at: started_at}"),
        (LEVEL.replace("sum(active)", "sum(active) / 2"), "rollup-contradicts", "sum"),
        (LEVEL.replace("sum(active)", "count(distinct segment)"), "rollup-contradicts", "count"),
        (LEVEL.replace("rollup: stock", "rollup: sum"), "level-summed", "sum(active)"),
        (changed("where: direction = 'inbound'", "where: within(next_contact)"), "window-missing", "within"),
        (GOOD + "better: up\n", "unknown-value", "up"),
        (GOOD + "better: [1]\n", "wrong-type", "[1]"),
        (GOOD + "target: high\n", "wrong-type", "high"),
        (GOOD + "extends: standard\n", "nothing-below", "standard"),
        (GOOD + "tests: [{given: {calls: []}, expect: 1}]\n", "unknown-relation", "calls"),
        (GOOD + "tests: [{given: {interactions: [{wiat_s: 1}]}, expect: 1}]\n", "unknown-column", "wiat_s"),
        (GOOD + "tests: [{given: {interactions: []}}]\n", "missing-key", "{given"),
        (GOOD + "tests: [{given: {interactions: []}, expect: much}]\n", "wrong-type", "much"),
        (GOOD + "tests: [{given: {interactions: []}, expect: 1/0}]\n", "wrong-type", "1/0"),
        (GOOD + "tests: [{given: {interactions: []}, expect: 1/0.00}]\n", "wrong-type", "1/0.00"),
        (GOOD + f"tests: [{{given: {{interactions: []}}, expect: '{'9' * 5_000}'}}]\n", "wrong-type", "'999"),
        (GOOD + "tests: [{given: {interactions: []}, expect: {al: 1}}]\n", "unknown-variant", "al"),
        (GOOD.replace("note: {en", "variants: {x: {}}, note: {en"), "not-in-a-variant", "variants"),
    ],
)
def test_a_fault_is_told_with_its_code_and_place(text: str, code: str, at: str) -> None:
    glossary = glossary_of(text)
    findings = check_glossary(glossary)
    found = next((finding for finding in findings if finding.code == code), None)
    assert found is not None, [finding.text() for finding in findings]
    assert found.place is not None
    written = Path(found.place.file).read_text().splitlines()[found.place.line - 1]
    assert found.excerpt == written
    assert written[found.place.column - 1 :].startswith(at)


def test_a_fault_inside_a_folded_expression_is_told_at_its_own_line() -> None:
    text = changed(
        "where: direction = 'inbound'",
        "where: >-\n    direction = 'inbound'\n    and coalesce(outcom, '') <> ''\n"
        "    and (wait_s > 1\n      or quque = 'x')",
    )
    findings = check_glossary(glossary_of(text))
    told = [(finding.place.line, finding.place.column, finding.hint) for finding in findings if finding.place]
    assert told == [(7, 18, "did you mean `outcome`?"), (9, 10, "did you mean `queue`?")]


@pytest.mark.parametrize(
    ("where", "column"),
    [
        ("\"direction = 'inbound' and outcom = 'x'\"", 35),
        ("'direction = ''inbound'' and outcom = ''x'''", 37),
        ("direction = 'inbound'\n  and outcom = 'x'", 7),
        ("|\n  direction = 'inbound' and outcom = 'x'", 29),
    ],
)
def test_quotes_and_folds_do_not_shift_the_place(where: str, column: int) -> None:
    (finding,) = check_glossary(glossary_of(changed("direction = 'inbound'", where)))
    assert finding.place is not None
    assert finding.excerpt[finding.place.column - 1 :].startswith("outcom ")
    assert finding.place.column == column


def test_all_faults_of_all_files_are_told_at_once() -> None:
    one, two = changed("wait_s", "wiat_s"), changed("kpi: lost", "kpi: found").replace("direction", "directoin")
    assert sorted(codes(one, two)) == ["unknown-column", "unknown-column"]


@pytest.mark.parametrize(
    "body",
    [
        "rollup: sum\nvalue: count(distinct queue)",
        "rollup: sum\nvalue: quantile_cont(wait_s, 0.9)",
        "rollup: sum\nvalue: kpi(csat)",
        "rollup: sum\nvalue: kpi(wait_time_p90)",
        "rollup: mean\nnumerator: count_if(consent)\ndenominator: count(*)",
        "rollup: mean\nnumerator: sum(wait_s)\ndenominator: sum(talk_s)",
        "rollup: mean\nnumerator: kpi(average_handle_time)\ndenominator: kpi(contacts_received)",
        "rollup: share\nnumerator: kpi(csat)\ndenominator: kpi(nps)",
        "rollup: share\nnumerator: sum(wait_s)\ndenominator: count(*)",
        "rollup: share\nnumerator: quantile_cont(wait_s, 0.5)\ndenominator: count(*)",
        "rollup: distinct\nvalue: count(*)",
        "rollup: distinct\nvalue: count(distinct queue) + 1",
        "rollup: percentile\nvalue: sum(wait_s)",
        "rollup: percentile\nvalue: kpi(wait_time_p90)",
    ],
)
def test_a_formula_that_contradicts_its_rollup_is_refused(body: str) -> None:
    own = "" if "kpi(" in body else "from: interactions\n"
    assert "rollup-contradicts" in codes(f"kpi: mine\n{own}{body}\n")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("rollup: sum\nvalue: kpi(mine)", "kpi-cycle"),
        ("rollup: sum\nvalue: kpi(other)", "kpi-cycle"),
        ("rollup: sum\nvalue: kpi(contacts_recieved)", "unknown-kpi"),
        ("rollup: sum\nvalue: kpi(contacts_received) + count(*)\nfrom: interactions", "kpi-and-columns"),
        ("rollup: sum\nvalue: kpi(contacts_received)\nfrom: interactions", "composed-has-own"),
        ("rollup: sum\nvalue: kpi(contacts_received)\nchannels: [phone]", "composed-has-own"),
        (
            "rollup: sum\nvalue: {phone: kpi(contacts_received), default: count(*)}\nfrom: interactions",
            "kpi-by-channel",
        ),
        ("rollup: sum\nvalue: count_if(kpi(contacts_received) > 1)\nfrom: interactions", "kpi-in-row"),
        ("rollup: sum\nvalue: count(*)", "missing-key"),
        ("rollup: sum\nvalue: count(*)\nfrom: staffing\nchannels: [phone]", "no-channel"),
        ("rollup: sum\nvalue: count(*)\nfrom: identifiers", "missing-key"),
        ("rollup: sum\nvalue: count_if(interaction('queue') = 'x')\nfrom: interactions", "no-interaction"),
        ("rollup: index\nparts: {a: count(*)}\nformula: a - b\nfrom: interactions", "unknown-part"),
    ],
)
def test_what_a_kpi_is_made_of_is_checked(body: str, code: str) -> None:
    other = "kpi: other\nrollup: sum\nvalue: kpi(mine)\n"
    assert code in codes(f"kpi: mine\n{body}\n", other)


def test_a_variant_lays_its_keys_over_and_null_removes_one() -> None:
    glossary = glossary_of(GOOD + "  none: {channels: null, parameters: {short: 1 min, further: x}}\n")
    kpi = glossary.resolve("lost@all")
    assert kpi.parts["numerator"]["default"].text == "count_if(outcome = 'abandoned')"
    assert kpi.parts["denominator"]["default"].text == "count(*)"
    none = glossary.resolve("lost@none")
    assert none.channels is None
    assert {name: parameter.value for name, parameter in none.parameters.items()} == {"short": 60, "further": "x"}


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("losst", "did you mean `lost`?"),
        ("lost@al", "did you mean `all`?"),
        ("lost:shrt=5s", "did you mean `short`?"),
        ("lost:short=soon", "a duration such as 30s"),
        ("lost@", "there is no KPI"),
    ],
)
def test_an_address_that_leads_nowhere(address: str, said: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        glossary_of(GOOD).resolve(address)
    assert said in raised.value.text()


def test_an_address_overrides_parameters() -> None:
    kpi = glossary_of(GOOD).resolve("lost@all:short=1.5min")
    assert kpi.parameters["short"].value == 90
    assert kpi.address == "lost@all:short=1.5min"


def layers(tmp_path: Path, **files: str) -> list[str | Path]:
    found: list[str | Path] = []
    for name, text in files.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "own.yml").write_text(text + (HEAD if "label:" not in text else ""), encoding="utf-8")
        found.append(tmp_path / name)
    return found


def test_extends_replaces_keys_and_keeps_the_rest(tmp_path: Path) -> None:
    (folder,) = layers(tmp_path, ours="kpi: csat\nextends: standard\nlabel: {en: Ours, fr: Nôtre}\ntarget: 0.8\n")
    kpi = load_glossary(["standard", folder]).resolve("csat")
    assert (kpi.layer, kpi.label["en"], kpi.target is not None) == ("ours", "Ours", True)
    assert kpi.parts.keys() == {"numerator", "denominator"}
    assert "very_satisfied" in kpi.variants


def test_replaces_starts_anew(tmp_path: Path) -> None:
    (folder,) = layers(tmp_path, ours="kpi: csat\nreplaces: standard\nrollup: sum\nfrom: surveys\nvalue: count(*)\n")
    kpi = load_glossary(["standard", folder]).resolve("csat")
    assert (kpi.rollup, dict(kpi.variants)) == ("sum", {})


def test_a_name_that_exists_below_must_say_so_also_between_teams(tmp_path: Path) -> None:
    own = "kpi: mine\nrollup: sum\nfrom: surveys\nvalue: count(*)\n"
    one, two = layers(tmp_path, one=own, two=own)
    (finding,) = check_glossary(load_glossary([one, two]))
    assert (finding.code, "extends: one" in finding.hint) == ("kpi-exists-below", True)


def test_a_third_layer_may_extend_the_first_past_the_second(tmp_path: Path) -> None:
    base = "kpi: mine\nrollup: sum\nfrom: surveys\nvalue: count(*)\nowner: first\n"
    folders = layers(
        tmp_path, one=base, two="kpi: mine\nextends: one\nowner: second\n", three="kpi: mine\nextends: one\n"
    )
    assert load_glossary(folders[:2]).resolve("mine").owner == "second"
    assert load_glossary(folders).resolve("mine").owner == "first"


def test_a_kpi_written_twice_names_both_places(tmp_path: Path) -> None:
    own = "kpi: mine\nrollup: sum\nfrom: surveys\nvalue: count(*)\n"
    (folder,) = layers(tmp_path, ours=own + HEAD + "---\n" + own)
    (finding,) = check_glossary(load_glossary([folder]))
    assert finding.code == "kpi-twice"
    assert "own.yml:1:1" in finding.hint


def test_shipped_kpis_need_both_languages_and_ours_are_warned(tmp_path: Path) -> None:
    own = "kpi: mine\nunit: count\nrollup: sum\nfrom: surveys\nvalue: count(*)\n"
    own += "label: {en: x}\nquestion: {en: x, fr: x}\n"
    (folder,) = layers(tmp_path, ours=own)
    (finding,) = check_glossary(load_glossary([folder]))
    assert (finding.code, finding.severity) == ("missing-language", "warning")


def test_only_the_files_that_are_asked_for_are_read(tmp_path: Path) -> None:
    (folder,) = layers(tmp_path, ours="kpi: mine\nrollup: sum\nfrom: surveys\nvalue: count(*)\n")
    assert isinstance(folder, Path)
    (folder / "broken.yml").write_text("kpi: broken\nrollup: [", encoding="utf-8")
    (folder / "strange.yml").write_text("{kpi: strange, rollup: sum, from: surveys, value: count(*), unit: count}")
    glossary = load_glossary([folder])
    assert glossary.resolve("mine").rollup == "sum"
    assert glossary.resolve("strange").rollup == "sum"
    with pytest.raises(DefinitionError):
        glossary.resolve("broken")
    with pytest.raises(DefinitionError):
        dict(glossary.kpis)


def test_yaml_never_changes_what_was_written() -> None:
    kpi = glossary_of(GOOD.replace("{short: 5 s}", '{short: 5 s, code: "007", no: NO, late: 20:00, n: 0.5}')).resolve(
        "lost"
    )
    values = {name: parameter.value for name, parameter in kpi.parameters.items()}
    assert {name: str(value) for name, value in values.items()} == {
        "short": "5", "code": "007", "no": "NO", "late": "20:00", "n": "0.5",
    }  # fmt: skip


def test_a_kpi_file_of_scalars_or_lists_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("- 1\n")
    (tmp_path / "b.yml").write_text("# nothing but a comment\n")
    (finding,) = check_glossary(load_glossary([tmp_path]))
    assert finding.code == "wrong-type"
