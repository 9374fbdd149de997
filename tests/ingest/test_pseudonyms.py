"""Identifiers are stored as keyed pseudonyms only."""

from __future__ import annotations

import hashlib
import hmac
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ingest_bench import Bench

from omnictl.errors import DefinitionError, EngineError
from omnictl.ingest.pseudonyms import hash_identifiers
from omnictl.ingest.secret import Secret

SOURCE = """
    crm:
      connector: table
      path: crm*.csv
      columns: {interaction_id: id, channel: "'phone'", started_at: "'2026-05-01'"}
      identifiers: {phone: phone, email: mail, customer_id: customer, cookie: cookie}
"""
EXPORT = """\
id,phone,mail,customer,cookie
1,06 12 34 56 78, Jane.Roe@Example.ORG ,C-0042,c.1
2,+33612345678,jane.roe@example.org,c-0042,c.1
3,anonymous,?,null,(not set)
4,0145678901,,,
5,+33000000000,x@y.z,Unknown,
6,sip:bob@example.org,,empty,-
"""


def pseudonym(key: bytes, kind: str, value: str) -> int:
    """By the book: the first eight bytes of the digest, big-endian, signed."""
    digest = hmac.new(key, f"{kind}:{value}".encode(), hashlib.sha256).digest()
    return int(struct.unpack(">q", digest[:8])[0])


def key_of(bench: Bench) -> bytes:
    return (bench.folder / ".omnictl" / "secret").read_text().strip().encode()


def test_values_are_those_of_the_definition(bench: Bench) -> None:
    bench.write("crm.csv", EXPORT)
    bench.sources(SOURCE)
    row = bench.load()
    key = key_of(bench)
    found = {
        (owner, kind): value for owner, kind, value in bench.query("select owner_id, kind, value from identifiers")
    }
    assert found == {
        ("1", "phone"): pseudonym(key, "phone", "+33612345678"),
        ("2", "phone"): pseudonym(key, "phone", "+33612345678"),
        ("4", "phone"): pseudonym(key, "phone", "+33145678901"),
        ("1", "email"): pseudonym(key, "email", "jane.roe@example.org"),
        ("2", "email"): pseudonym(key, "email", "jane.roe@example.org"),
        ("5", "email"): pseudonym(key, "email", "x@y.z"),
        ("1", "customer_id"): pseudonym(key, "customer_id", "C-0042"),
        ("2", "customer_id"): pseudonym(key, "customer_id", "c-0042"),
        ("1", "cookie"): pseudonym(key, "cookie", "c.1"),
        ("2", "cookie"): pseudonym(key, "cookie", "c.1"),
    }
    assert "identify nobody were dropped: phone 3, email 1, customer_id 3, cookie 2" in row.message
    assert bench.query("select interaction_id, line_type, area from interactions order by 1") == [
        ("1", "mobile", None),
        ("2", "mobile", None),
        ("3", None, None),
        ("4", "fixed", "01"),
        ("5", None, None),
        ("6", None, None),
    ]


@settings(max_examples=60, deadline=None)
@given(key=st.binary(min_size=16, max_size=130), values=st.sets(st.text(min_size=1), min_size=1, max_size=10))
def test_any_text_under_any_key(key: bytes, values: set[str]) -> None:
    import duckdb

    connection = duckdb.connect()
    connection.execute("create table raws as select unnest($values::varchar[]) as raw", {"values": sorted(values)})
    hash_identifiers(connection, "token", "select raw from raws", secret=Secret(key, "test"), country="", ignore=())
    found = dict(connection.execute("select raw, value from pseudonyms_token").fetchall())
    nobody = {"anonymous", "unknown", "?", "null", "(not set)", "empty", "-", ""}
    for value in values:
        if value.strip():  # what counts as a blank is the database's affair
            assert found[value] == (None if value.strip().lower() in nobody else pseudonym(key, "token", value))


def test_ignored_values(bench: Bench) -> None:
    head = """workspace: test
timezone: Europe/Paris
country: FR
identity:
  ignore: {phone: ["01 45 67 89 01"], email: [JANE.ROE@example.org], customer_id: [c-0042]}
"""
    bench.write("crm.csv", EXPORT)
    bench.sources(SOURCE, head=head)
    bench.load()
    assert bench.query("select kind, count(*) from identifiers group by 1 order by 1") == [
        ("cookie", 2),
        ("customer_id", 1),
        ("email", 1),
        ("phone", 2),
    ]


def test_nothing_in_the_clear_anywhere_in_the_store(bench: Bench) -> None:
    secrets = ["0612345678", "612345678", "jane.roe@example.org", "Jane.Roe@Example.ORG", "CUSTOMER-31337"]
    lines = "".join(f"{n},06 12 34 56 78,jane.roe@example.org,CUSTOMER-31337,\n" for n in range(3000))
    header = EXPORT.splitlines()[0] + "\n"
    bench.write("crm.csv", header + lines + "x,0612345678,Jane.Roe@Example.ORG,CUSTOMER-31337,\n")
    bench.sources(SOURCE)
    bench.load()
    bench.write("crm2.csv", header + "z,0612345678,jane.roe@example.org,CUSTOMER-31337,c\n")
    bench.load()
    files = [path for path in (bench.folder / ".omnictl").rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"store.duckdb", "store.work.duckdb", "secret", "writer.lock"}
    for path in files:
        content = path.read_bytes()
        for secret in (*secrets, *(() if path.name == "secret" else (key_of(bench).decode(),))):
            assert secret.encode() not in content, (path, secret)


def test_the_folder_is_its_owners_only(bench: Bench) -> None:
    bench.write("crm.csv", EXPORT)
    bench.sources(SOURCE)
    report = bench.run()
    folder = bench.folder / ".omnictl"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "secret").stat().st_mode & 0o777 == 0o600
    assert (folder / ".gitignore").read_text() == "*\n"
    assert not (folder / "tmp").exists()
    assert len(key_of(bench)) == 64
    assert sum("secret" in note for note in report.notes) == 1
    assert not any("secret" in note for note in bench.run().notes)


def test_another_secret_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.write("crm.csv", EXPORT)
    bench.sources(SOURCE)
    bench.load()
    other = bench.write("key", "another secret, long enough\n")
    monkeypatch.setenv("OMNICTL_SECRET_FILE", str(other))
    with pytest.raises(EngineError, match="OMNICTL_SECRET_FILE names is not the one this store was filled with"):
        bench.run()
    monkeypatch.delenv("OMNICTL_SECRET_FILE")
    (bench.folder / ".omnictl" / "secret").unlink()
    with pytest.raises(EngineError, match="is gone"):
        bench.run()


def test_where_the_secret_is_looked_for(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    head = "workspace: t\ntimezone: UTC\nidentity: {secret: '${TEST_SECRET}'}\n"
    bench.write("crm.csv", "id,phone,mail,customer,cookie\n1,,,C1,\n")
    bench.sources(SOURCE, head=head)
    monkeypatch.delenv("TEST_SECRET", raising=False)
    with pytest.raises(DefinitionError, match="TEST_SECRET is not set"):
        bench.run()
    monkeypatch.setenv("TEST_SECRET", "short")
    with pytest.raises(EngineError, match="shorter than 16"):
        bench.run()
    monkeypatch.setenv("TEST_SECRET", "a secret from the environment")
    bench.load()
    assert bench.value("select value from identifiers") == pseudonym(
        b"a secret from the environment", "customer_id", "C1"
    )
    assert not (bench.folder / ".omnictl" / "secret").exists()
    monkeypatch.setenv("OMNICTL_SECRET_FILE", str(Path("/nowhere/key")))
    with pytest.raises(EngineError, match="cannot be read"):
        bench.run()


def test_a_secret_does_not_show() -> None:
    assert "hidden key" not in repr(Secret(b"hidden key", "somewhere"))


def test_identifiers_as_a_source_of_their_own(bench: Bench) -> None:
    lines = ["1,phone,0612345678", "1,phone,+33 6 12 34 56 78", "2,email,A@B.c", "3,phone,anonymous"]
    bench.write("ids.csv", "call,kind,value\n" + "\n".join(lines) + "\n")
    bench.sources(
        """
        ids:
          connector: table
          path: ids.csv
          relation: identifiers
          columns: {owner_id: call, kind: kind, value: value}
        """
    )
    row = bench.load()
    assert (row.records, row.used, row.superseded, row.filtered) == (4, 2, 1, 1)
    key = key_of(bench)
    assert bench.query("select owner, owner_id, kind, value from identifiers order by 2") == [
        ("interaction", "1", "phone", pseudonym(key, "phone", "+33612345678")),
        ("interaction", "2", "email", pseudonym(key, "email", "a@b.c")),
    ]


def test_identifiers_follow_the_version_that_stands(bench: Bench) -> None:
    source = SOURCE.replace("started_at:", "version_at: cookie, started_at:")
    bench.write("crm1.csv", "id,phone,mail,customer,cookie\n1,0612345678,,C1,1\n2,0612345679,,C2,1\n")
    bench.sources(source)
    bench.load()
    bench.write("crm2.csv", "id,phone,mail,customer,cookie\n1,,,C9,2\n2,,,C8,0\n", minutes=1)
    bench.load()
    key = key_of(bench)
    found = set(bench.query("select owner_id, kind, value from identifiers where kind in ('phone', 'customer_id')"))
    assert found == {
        ("1", "customer_id", pseudonym(key, "customer_id", "C9")),
        ("2", "customer_id", pseudonym(key, "customer_id", "C2")),
        ("2", "phone", pseudonym(key, "phone", "+33612345679")),
    }
