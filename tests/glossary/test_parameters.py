"""How parameters and targets are written: every fault with its code and place, and what omnictl.yml sets."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from asking import glossary_of

from omnictl.errors import DefinitionError, Finding
from omnictl.glossary import Glossary
from omnictl.glossary.check import check_glossary
from omnictl.glossary.house import house_glossary
from omnictl.workspace import load_workspace

HEAD = """
kpi: good
label: {en: Good, fr: Bon}
question: {en: How?, fr: Comment ?}
owner: x
unit: count
rollup: sum
better: higher
from: interactions
at: started_at
"""
LATER = "{from: 2026-03-01, value: 30 s}"


def limited(limit: str, more: str = "") -> str:
    return f"{HEAD}parameters:\n  limit: {limit}\nvalue: count_if(wait_s > :limit)\n{more}"


def aimed(target: str) -> str:
    return f"{HEAD}value: count(*)\ntarget: {target}\n"


BIG = "expression-too-large"


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        (limited("{values: 20 s}"), "missing-key", "{values"),
        (limited("{value: [20 s]}"), "wrong-type", "[20"),
        (limited("{value: 20 s, change: []}"), "unknown-key", "change"),
        (limited(f"{{value: 20 s, changes: {LATER}}}"), "wrong-type", "{from"),
        (limited("{value: 20 s, changes: [{from: 2026-03-01}]}"), "missing-key", "{from"),
        (limited("{value: 20 s, changes: [{value: 30 s}]}"), "missing-key", "{value: 30"),
        (limited("{value: 20 s, changes: [{from: March, value: 30 s}]}"), "wrong-type", "from"),
        (limited("{value: 20 s, changes: [{from: 2026-02-30, value: 30 s}]}"), "wrong-type", "from"),
        (limited("{value: 20 s, changes: [{from: 20260301, value: 30 s}]}"), "wrong-type", "from"),
        (limited("{value: 20 s, changes: [{from: 0001-01-01, value: 30 s}]}"), "wrong-type", "from"),
        (
            limited(f"{{value: 20 s, changes: [{LATER}, {LATER}]}}"),
            "dates-out-of-order",
            "from: 2026-03-01, value: 30 s}]",
        ),
        (
            limited(f"{{value: 20 s, changes: [{LATER}, {{from: 2026-02-01, value: 9 s}}]}}"),
            "dates-out-of-order",
            "from: 2026-02-01",
        ),
        (limited("{value: 20 s, changes: [{from: 2026-03-01, value: 30}]}"), "parameter-kinds", "30}"),
        (limited("{value: 20, by: {queue: {vip: 30 s}}}"), "parameter-kinds", "30 s"),
        (limited("{value: 20, by: {queue: {vip: soon}}}"), "parameter-kinds", "soon"),
        (limited("{value: 20 s, by: {queue: {vip: {value: 3 s, by: {}}}}}"), "unknown-key", "by: {}"),
        (limited("{value: 20 s, by: {quue: {vip: 30 s}}}"), "unknown-dimension", "quue"),
        (limited("{value: 20 s, by: {next_channel: {chat: 30 s}}}", "window: J+1\n"), "wrong-kind", "next_channel"),
        (limited("{value: 20 s, by: {queued_at: {vip: 30 s}}}"), "wrong-kind", "queued_at"),
        (limited("{value: 20 s, by: {transfers: {many: 30 s}}}"), "wrong-kind", "transfers"),
        (limited("{value: 20 s, by: {channel: {caht: 30 s}}}"), "unknown-channel", "caht"),
        (limited("{value: 20 s, by: {channel: {chat: 30 s}}}", "channels: [phone]\n"), "value-never-reached", "chat"),
        (limited("20 s\n  value: 3"), "invalid-name", "value: 3"),
        (limited("{value: 20 s, by: {queue: {" + ", ".join(f"q{n}: 9 s" for n in range(1_000)) + "}}}"), BIG, "{value"),
        (aimed("{}"), "missing-key", "{}"),
        (aimed("[1, 2, 3]"), "wrong-type", "[1"),
        (aimed("[2, 1]"), "wrong-type", "[2"),
        (aimed("{value: 1, watch: -1}"), "wrong-type", "-1"),
        (aimed("{value: 1, wach: 1}"), "unknown-key", "wach"),
        (aimed("{value: 1, by: {quue: {vip: 2}}}"), "unknown-dimension", "2"),
        (aimed("{value: 1, by: {channel: {caht: 2}}}"), "unknown-channel", "caht"),
        (aimed("[{value: 1}, {value: 2}]"), "target-twice", "{value: 2"),
        (aimed("[{value: 1, by: {queue: {a: 2}}}, {where: {queue: a}, value: 2}]"), "target-twice", "{where"),
        (aimed(f"{{value: 1, changes: [{LATER}, {LATER}]}}"), "dates-out-of-order", "from"),
        (aimed("3").replace("better: higher", "better: neutral"), "target-without-direction", "3"),
    ],
)
def test_a_fault_is_told_with_its_code_and_place(text: str, code: str, at: str) -> None:
    findings = check_glossary(glossary_of(text))
    found = next((finding for finding in findings if finding.code == code), None)
    assert found is not None and found.place is not None, [finding.text() for finding in findings]
    written = Path(found.place.file).read_text().splitlines()[found.place.line - 1]
    assert found.excerpt == written
    assert written[found.place.column - 1 :].startswith(at)


@pytest.mark.parametrize(
    "text",
    [
        limited(
            f"{{value: 20 s, changes: [{LATER}], by: {{channel: {{chat: {{value: 1 min, changes: [{LATER}]}}}}}}}}"
        ),
        limited("{value: 20 s, by: {QUEUE: {vip: 30 s}, authenticated: {true: 9 s}, transfers: {0: 5 s}}}"),
        aimed("{changes: [{from: 2026-03-01, value: 5}]}"),
        aimed("{by: {queue: {vip: 5}}}"),
        aimed("[{value: [1, 2], watch: 0.5}, {where: {queue: vip, team: a}, value: 30 s}]"),
    ],
)
def test_what_is_well_written_has_no_fault(text: str) -> None:
    assert [finding.text() for finding in check_glossary(glossary_of(text))] == []


def test_all_that_a_parameter_and_a_target_say_is_read() -> None:
    text = limited(
        "{value: 20 s, changes: [{from: 2026-03-01, value: 30 s}], by: {channel: {chat: {value: 1 min}}}}",
        "target: {value: 0.8, by: {channel: {chat: [0.6, null]}}, watch: 0.1}\n",
    )
    kpi = glossary_of(text).resolve("good")
    limit = kpi.parameters["limit"]
    assert [(change.since, change.value) for change in limit.changes] == [(date(2026, 3, 1), Decimal(30))]
    assert [(cut.dimension, cut.key, cut.value) for cut in limit.cuts] == [("channel", "chat", Decimal(60))]
    assert limit.told == "20 s, 30 s since 2026-03-01, by channel (chat: 1 min)"
    assert kpi.target is not None
    assert [(aim.cut, aim.told) for aim in kpi.target.aims] == [
        ("channel chat", "from 0.6, watched within 0.1"), ("", "0.8, watched within 0.1"),
    ]  # fmt: skip


def test_values_are_told_apart_however_they_are_written() -> None:
    alike = ["20 s", "20.0 s", "{value: 20 s}"]
    assert {glossary_of(limited(text)).resolve("good").parameters["limit"].normal for text in alike} == {"20 s"}
    texts = ["20", "'20 s'", "{value: 20 s, by: {queue: {vip: 1 min}}}", "{value: 20 s, by: {Queue: {vip: 60 s}}}"]
    told = [glossary_of(limited(text)).resolve("good").parameters["limit"].normal for text in texts]
    assert told == ["20", "'20 s'", "20 s; queue vip 60 s", "20 s; queue vip 60 s"]
    later = "{value: 1 min, changes: [{from: 2026-03-01, value: 30 s}], by: {team: {a: {value: 5 s, changes: []}}}}"
    assert glossary_of(limited(later)).resolve("good").parameters["limit"].normal == "60 s; 2026-03-01 30 s; team a 5 s"


def test_the_digest_changes_with_what_is_said_of_parameters_and_targets() -> None:
    texts = [limited("20 s"), limited("{value: 20 s, by: {queue: {vip: 1 s}}}"), limited("20 s", "target: 3\n")]
    assert len({glossary_of(text).resolve("good").digest for text in texts}) == 3


# what a workspace says

WORKSPACE = "timezone: Europe/Paris\nglossary: [kpis/]\n"
VARIANTS = """variants:
  fixed: {parameters: {limit: 15 s}, target: 7, note: {en: x, fr: x}}
  other: {where: wait_s > 0, note: {en: x, fr: x}}
target: 5
"""
SLOW = limited("20 s").replace("kpi: good", "kpi: slow").replace("Good", "Slow").replace("Bon", "Lent")


def house(folder: Path, parameters: str = "", targets: str = "", extra: str = "") -> Glossary:
    """A workspace of two KPIs with a parameter `limit`, and what it says over them."""
    (folder / "kpis").mkdir(exist_ok=True)
    (folder / "kpis" / "good.yml").write_text(limited("20 s", VARIANTS))
    (folder / "kpis" / "slow.yml").write_text(SLOW)
    (folder / "omnictl.yml").write_text(WORKSPACE + extra + (f"parameters:\n{parameters}" if parameters else ""))
    if targets:
        (folder / "targets.yml").write_text(targets)
    return house_glossary(load_workspace(folder / "omnictl.yml"))


def limits(glossary: Glossary) -> dict[str, str]:
    addresses = ("good", "good@fixed", "good@other", "slow", "good:limit=9s")
    return {address: glossary.resolve(address).parameters["limit"].told for address in addresses}


def test_a_workspace_sets_parameters_by_name_by_kpi_and_by_variant(tmp_path: Path) -> None:
    plain = {"good": "20 s", "good@fixed": "15 s", "good@other": "20 s", "slow": "20 s", "good:limit=9s": "9s"}
    assert limits(house(tmp_path)) == plain
    named = "30 s, omnictl.yml"
    glossary = house(tmp_path, "  limit: 30 s\n")
    assert limits(glossary) == plain | {"good": named, "good@other": named, "slow": named}
    assert limits(glossary.plain) == plain
    found = house(tmp_path, "  good: {limit: 40 s}\n  limit: {value: 30 s, by: {queue: {vip: 10 s}}}\n")
    cut, own = "30 s, by queue (vip: 10 s), omnictl.yml", "40 s, omnictl.yml"
    assert limits(found) == plain | {"good": own, "good@other": own, "slow": cut}
    assert limits(house(tmp_path, "  good@fixed: {limit: 50 s}\n")) == plain | {"good@fixed": "50 s, omnictl.yml"}
    digests = {house(tmp_path, f"  limit: {each} s\n").resolve("slow").digest for each in (20, 30, 40)}
    assert len(digests) == 3


def test_a_workspace_aims(tmp_path: Path) -> None:
    def told(targets: str, address: str, parameters: str = "") -> str:
        target = house(tmp_path, parameters, targets).resolve(address).target
        return "" if target is None else f"{target.aims[-1].told} {target.origin}".strip()

    assert [told("slow: 1", each) for each in ("good", "good@fixed", "slow")] == ["5", "7", "1 targets.yml"]
    whole = "good: 1\ngood@other: 2\ngood:limit=30s: 3\ngood@other:limit=30s: 4"
    expected = {
        "good": "1", "good@other": "2", "good:limit=30s": "3", "good:limit=0.5min": "3", "good:limit=31s": "1",
        "good@other:limit=30s": "4",
    }  # fmt: skip
    for address, aim in expected.items():
        assert told(whole, address) == f"{aim} targets.yml"
    assert told(whole, "good@fixed") == "7"  # the variant has its own
    assert told(whole, "good", "  limit: 30 s\n") == "3 targets.yml"  # however the parameter came to be 30 s
    assert told(whole, "good", "  limit: {value: 30 s, by: {queue: {vip: 10 s}}}\n") == "1 targets.yml"


def test_targets_stand_where_the_workspace_says(tmp_path: Path) -> None:
    (tmp_path / "aims.yml").write_text("good: 9")
    (tmp_path / "targets.yml").write_text("good: 8")
    target = house(tmp_path, extra="targets: aims.yml\n").resolve("good").target
    assert target is not None and (target.value, target.origin) == (9, "aims.yml")
    with pytest.raises(DefinitionError) as raised:
        house(tmp_path, extra="targets: aim.yml\n")
    assert [finding.code for finding in raised.value.findings] == ["file-missing"]


@pytest.mark.parametrize(
    ("parameters", "targets", "told"),
    [
        ("  limt: 3 s\n", "", ("unknown-parameter", "omnictl.yml:4:3", "did you mean `limit`?")),
        ("  goood: {limit: 3 s}\n", "", ("unknown-kpi", "omnictl.yml:4:3", "did you mean `good`?")),
        ("  good@fix: {limit: 3 s}\n", "", ("unknown-variant", "omnictl.yml:4:3", "did you mean `fixed`?")),
        ("  good: {limt: 3 s}\n", "", ("unknown-parameter", "omnictl.yml:4:10", "did you mean `limit`?")),
        ("  good: {limit: soon}\n", "", ("wrong-parameter", "omnictl.yml:4:10", "")),
        ("  limit: {value: 3 s, by: {quue: {a: 3 s}}}\n", "", ("unknown-dimension", "omnictl.yml:4:28", "`queue`")),
        ("  limit: {value: 3 s, changes: [{from: x, value: 3 s}]}\n", "", ("wrong-type", "omnictl.yml:4:34", "")),
        ("  good:limit=3s: {limit: 3 s}\n", "", ("wrong-type", "omnictl.yml:4:3", "short_abandon")),
        ("", "goood: 3", ("unknown-kpi", "targets.yml:1:1", "did you mean `good`?")),
        ("", "good@fix: 3", ("unknown-variant", "targets.yml:1:1", "did you mean `fixed`?")),
        ("", "good:limt=3s: 3", ("unknown-parameter", "targets.yml:1:1", "did you mean `limit`?")),
        ("", "Good one: 3", ("wrong-type", "targets.yml:1:1", "")),
        ("", "good: {by: {quue: {a: 3}}}", ("unknown-dimension", "targets.yml:1:23", "`queue`")),
        ("", "good: high", ("wrong-type", "targets.yml:1:7", "")),
    ],
)
def test_what_a_workspace_says_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parameters: str, targets: str, told: tuple[str, str, str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (finding,) = check_glossary(house(tmp_path, parameters, targets))
    code, place, hint = told
    assert (finding.code, str(finding.place), finding.severity) == (code, place, "error")
    assert hint in finding.hint
    assert finding.excerpt == _line(finding)


def _line(finding: Finding) -> str:
    assert finding.place is not None
    return Path(finding.place.file).read_text().splitlines()[finding.place.line - 1]


def test_no_figure_is_given_under_words_that_are_not_understood(tmp_path: Path) -> None:
    for parameters, targets in (("  limt: 3 s\n", ""), ("  goood: {limit: 3 s}\n", ""), ("", "good: high")):
        with pytest.raises(DefinitionError):
            house(tmp_path, parameters, targets).resolve("slow")
        (tmp_path / "targets.yml").unlink(missing_ok=True)
