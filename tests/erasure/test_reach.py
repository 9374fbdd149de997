"""Whose data a value leads to, what is refused, and that an erasure can be asked for in scripts."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
from workbench import Workbench

from omnictl.engines.lock import exclusive
from omnictl.engines.store import ERASED, Store, read_meta
from omnictl.errors import EngineError

WORKSPACE = """\
workspace: small
timezone: Europe/Paris
country: FR
sources:
  desk:
    connector: table
    path: desk*.csv
    columns: {interaction_id: id, channel: "'phone'", started_at: begun}
    identifiers: {customer_id: customer, phone: phone, email: mail}
identity: {link_on: [customer_id, email, phone], limits: {phone: 2}, ignore: {phone: ["+33000000000"]}}
"""
DESK = """\
id,begun,customer,phone,mail
a1,2026-03-02 09:00:00,C-A,0612345678,
a2,2026-03-03 09:00:00,C-A,,a@example.org
b1,2026-03-02 09:00:00,C-B,0612345679,
n1,2026-03-02 09:00:00,C-N,0800000000,
n2,2026-03-02 09:00:00,C-O,0800000000,
n3,2026-03-02 09:00:00,C-P,0800000000,
m1,2026-03-02 09:00:00,C-M,,m@example.org
m2,2026-03-03 09:00:00,C-Q,,m@example.org
x1,2026-03-02 09:00:00,,,
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    bench = Workbench(tmp_path_factory.mktemp("reach"))
    bench.workspace(WORKSPACE)
    bench.write("desk.csv", DESK)
    bench.call("run")
    return bench


@pytest.fixture
def copy(loaded: Workbench, tmp_path: Path) -> Workbench:
    shutil.copytree(loaded.folder, tmp_path / "copy")
    return Workbench(tmp_path / "copy")


def left(bench: Workbench) -> str:
    return " ".join(row["interaction_id"] for row in bench.sql("select interaction_id from interactions order by all"))


def test_find_normalises_as_exports_are(loaded: Workbench) -> None:
    loaded.write("values.txt", "phone=+33 6 12 34 56 78\n\nemail= A@Example.ORG \n")
    said = loaded.call("identity", "find", "customer_id=C-B", "--values", str(loaded.folder / "values.txt"))
    rows = loaded.rows("identity", "find", "customer_id=C-B", "--values", str(loaded.folder / "values.txt"))
    assert [(row["interaction_id"], row["kind"], row["cut"]) for row in rows] == [
        ("a1", "phone", None), ("b1", "customer_id", None), ("a2", "email", None),
    ]  # fmt: skip
    assert rows[0]["person_id"] == rows[2]["person_id"] != rows[1]["person_id"]
    assert "3 interactions and surveys of 2 people" in said.stderr
    shown = said.stdout + said.stderr
    assert "6 12" not in shown and "xample" not in shown and "C-B" not in shown


def test_find_says_why_a_value_links_nobody_and_when_nothing_carries_it(loaded: Workbench) -> None:
    assert {row["cut"] for row in loaded.rows("identity", "find", "--kind", "phone", "0800000000")} == {"limit"}
    assert loaded.rows("identity", "find", "customer_id=nobody", expect=1) == []
    loaded.call("identity", "find", "customer_id=c-a", expect=1)  # byte for byte


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("find", "0612345678"), "argument 1 is not KIND=VALUE"),
        (("find",), "no value is given"),
        (("find", "phon=0612345678"), "argument 1: `phon` is no kind of identifier here"),
        (("find", "phone=0612345678", "phone=anonymous"), "argument 2: as a phone it identifies nobody"),
        (("find", "phone=0000000000"), "identifies nobody"),
        (("erase", "phone=0612345678"), "say --yes"),
        (("erase", "phone=0612345678", "--yes", "--shared", "--only-value"), "exclude each other"),
        (("erase", "phone=0800000000", "--yes"), "links nobody, for it has 3 owners"),
        (("erase", "email=m@example.org", "--yes"), "who is hardly one: 2 different customer_id"),
    ],
)
def test_what_is_refused_changes_nothing(loaded: Workbench, arguments: tuple[str, ...], said: str) -> None:
    before = (loaded.folder / ".omnictl" / "store.duckdb").read_bytes()
    told = loaded.call("identity", *arguments, expect=2)
    assert said in told.stderr
    assert "0612345678" not in told.stderr and "0800000000" not in told.stderr
    assert (loaded.folder / ".omnictl" / "store.duckdb").read_bytes() == before


def test_another_key_is_refused(copy: Workbench) -> None:
    (copy.folder / ".omnictl" / "secret").write_text("f" * 64)
    for command in (("find",), ("erase", "--yes")):
        assert "is not the one this store" in copy.call("identity", *command, "customer_id=C-A", expect=2).stderr


def test_a_dry_run_tells_and_keeps(copy: Workbench) -> None:
    rows = copy.rows("identity", "erase", "email=a@example.org", "--dry-run")
    assert {row["relation"]: row["rows"] for row in rows}["interactions"] == 2
    assert left(copy) == "a1 a2 b1 m1 m2 n1 n2 n3 x1"


@pytest.mark.parametrize(
    ("arguments", "stays"),
    [
        (("email=a@example.org",), "b1 m1 m2 n1 n2 n3 x1"),
        (("phone=0800000000", "--only-value"), "a1 a2 b1 m1 m2 x1"),
        (("email=m@example.org", "customer_id=C-B", "--shared"), "a1 a2 n1 n2 n3 x1"),
    ],
)
def test_how_far_it_goes(copy: Workbench, arguments: tuple[str, ...], stays: str) -> None:
    copy.call("identity", "erase", *arguments, "--yes")
    assert left(copy) == stays
    assert copy.sql("select count(*) as n from identities") == [{"n": len(stays.split())}]
    if "--only-value" in arguments:
        copy.call("ingest", "--full")
        assert left(copy) == stays


def test_killed_after_the_transaction_any_run_completes_it(copy: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object, **__: object) -> int:
        raise EngineError("killed")

    monkeypatch.setattr("omnictl.erasure.erase.leave_no_trace", killed)
    copy.call("identity", "erase", "customer_id=C-A", "--yes", expect=2)
    assert left(copy) == "a1 a2 b1 m1 m2 n1 n2 n3 x1"  # what is published stands
    copy.call("run")
    assert left(copy) == "b1 m1 m2 n1 n2 n3 x1"
    for name in ("store.duckdb", "store.work.duckdb"):
        with duckdb.connect(str(copy.folder / ".omnictl" / name), read_only=True) as connection:
            assert read_meta(connection, ERASED) is None
    monkeypatch.undo()
    copy.call("identity", "erase", "customer_id=C-A", "--yes")  # again, and nothing is left to do
    assert left(copy) == "b1 m1 m2 n1 n2 n3 x1"


def test_it_waits_for_another_writer(copy: Workbench) -> None:
    store = Store(copy.folder / ".omnictl")
    with exclusive(store.folder / "writer.lock", wait_s=0, command="omnictl run"):
        said = copy.call("identity", "erase", "customer_id=C-A", "--yes", "--wait", "1s", expect=2)
    assert "is being written by" in said.stderr
    assert "--if-busy" not in said.stderr, "it has no such option"
    with exclusive(store.folder / "writer.lock", wait_s=0, command="omnictl run"):
        assert "--if-busy skip" in copy.call("run", expect=2).stderr
