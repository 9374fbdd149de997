"""Hostile SQL given to `sql` and to `show --where`."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile.harm import alone, disk, harmless
from hostile.texts import BOMBS, BROKEN, REACHING_OUT, SQL, STATEMENTS
from workbench import Workbench


def test_there_are_enough() -> None:
    assert len(set(SQL)) >= 80


@pytest.mark.parametrize("text", [*STATEMENTS, *REACHING_OUT], ids=lambda text: text[:40])
def test_refused_with_words(victim: Workbench, elsewhere: Path, text: str) -> None:
    store = victim.folder / ".omnictl" / "store.duckdb"
    written = text.replace("{folder}", str(victim.folder)).replace("{store}", str(store)).replace("{{", "{")
    with harmless(victim.folder, elsewhere):
        said = victim.call("sql", written.replace("}}", "}"), "--timeout", "2 s", expect=2)
    assert said.stderr.startswith("error: ")
    assert "nobody may read this" not in said.stderr + said.stdout
    assert "root:" not in said.stderr + said.stdout
    assert said.stdout == ""


@pytest.mark.parametrize("text", BROKEN, ids=lambda text: ascii(text[:30]))
def test_broken_texts_do_no_harm(victim: Workbench, elsewhere: Path, text: str) -> None:
    with harmless(victim.folder, elsewhere):
        said = victim.try_("sql", "--timeout", "3 s", "--", text)
    assert said.code in (0, 2)
    assert said.code == 0 or said.stderr.startswith("error: ")
    assert "\x1b" not in said.stdout + said.stderr


@pytest.mark.parametrize("text", BOMBS, ids=lambda text: text[:50])
def test_bombs_end_in_time_and_memory(victim: Workbench, text: str) -> None:
    before = disk(victim.folder)
    code, said = alone(victim.folder, "sql", text, "--timeout", "0.2 s")
    assert code == 2, said
    assert said.startswith("error: ")
    assert disk(victim.folder) == before


@pytest.mark.parametrize(
    "condition",
    [
        "1=1) union all (select * from interactions", "true); drop table interactions; --",
        "(delete from interactions)",
        "queue in (select content from read_text('/etc/passwd'))", "exists (from identifiers where value > 0)",
        "true order by (select content from read_text('/etc/passwd')) --", "1", "'", "(((", "attributes is not null",
        "true) offset (select 1", "length(lpad('x', 2000000000, 'y')) > 1",
    ],
)  # fmt: skip
def test_conditions_of_show(victim: Workbench, condition: str) -> None:
    before = disk(victim.folder)
    code, said = alone(victim.folder, "show", "interactions", "--where", condition, "--timeout", "0.2 s")
    assert code in (0, 2)
    assert code == 0 or said.startswith("error: ")
    assert disk(victim.folder) == before
