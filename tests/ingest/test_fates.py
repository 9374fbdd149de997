"""Records that several relations are made of: each is in exactly one of the four, whatever number of rows it gives."""

from __future__ import annotations

from pathlib import Path

import pytest
from connector_bench import ConnectorBench, connector_of, four

from omnictl.connectors import Csv

HEAD = "ref;begun;wait;mail\n"
TWO = {
    "interactions": "select ref as interaction_id, 'phone' as channel, begun as started_at, wait as wait_s from file",
    "identifiers": "select ref as owner_id, 'email' as kind, mail as value from file",
}


def bench(folder: Path, content: str, relations: dict[str, str], *, reads: Csv | None = None) -> ConnectorBench:
    made = ConnectorBench(folder, connector_of(reads=reads or Csv(delimiter=";"), relations=relations))
    made.write("data/calls.csv", HEAD + content)
    return made


def test_a_record_rejected_in_one_relation_gives_no_row_to_another(tmp_path: Path) -> None:
    made = bench(
        tmp_path,
        "a;2026-11-02 09:00:00;1;a@example.org\nb;never;1;b@example.org\nc;2026-11-02 09:00:00;1;c@example.org\n",
        TWO,
    )
    assert four(made.ingest()) == (2, 1, 0, 0)
    assert made.query("select owner_id from identifiers order by 1") == [("a",), ("c",)]
    assert made.query("select record, line, reason from rejects") == [
        (2, 3, "started_at: it cannot be read as TIMESTAMP")
    ]


def test_an_empty_identifier_costs_only_itself(tmp_path: Path) -> None:
    made = bench(tmp_path, "a;2026-11-02 09:00:00;1;\nb;2026-11-02 09:00:00;1;b@example.org\n", TWO)
    assert four(made.ingest()) == (2, 0, 0, 0)
    assert made.query("select interaction_id from interactions order by 1") == [("a",), ("b",)]
    assert made.query("select owner_id from identifiers") == [("b",)]


def test_an_identifier_that_identifies_nobody_costs_only_itself(tmp_path: Path) -> None:
    made = bench(tmp_path, "a;2026-11-02 09:00:00;1;unknown\n", TWO)
    assert four(made.ingest()) == (1, 0, 0, 0)
    assert made.query("select count(*) from interactions") == [(1,)]
    assert made.query("select count(*) from identifiers") == [(0,)]


def test_a_superseded_record_gives_nothing(tmp_path: Path) -> None:
    made = bench(
        tmp_path,
        "a;2026-11-02 09:00:00;1;old@example.org\na;2026-11-02 09:00:00;2;new@example.org\n",
        TWO
        | {
            "steps": "select ref || wait as step_id, ref as interaction_id, begun as occurred_at, 'vote' as type"
            " from file"
        },
    )
    assert four(made.ingest()) == (1, 0, 1, 0)
    assert made.query("select wait_s::integer from interactions") == [(2,)]
    assert made.query("select count(*) from identifiers") == [(1,)]
    assert made.query("select step_id from steps") == [("a2",)]


def test_a_newer_file_supersedes_records_of_an_older_one(tmp_path: Path) -> None:
    made = bench(tmp_path, "a;2026-11-02 09:00:00;1;old@example.org\nb;2026-11-02 09:00:00;1;b@example.org\n", TWO)
    made.ingest()
    made.write("data/new.csv", HEAD + "a;2026-11-02 09:00:00;2;\n", minutes=5)
    relations = TWO | {"identifiers": TWO["identifiers"] + " where mail is not null"}
    again = ConnectorBench(tmp_path / "again", connector_of(reads=Csv(delimiter=";"), relations=relations))
    again.write("data/calls.csv", HEAD + "a;2026-11-02 09:00:00;1;old@example.org\nb;2026-11-02 09:00:00;1;b@x.org\n")
    again.ingest()
    again.write("data/new.csv", HEAD + "a;2026-11-02 09:00:00;2;\n", minutes=5)
    assert four(again.ingest()) == (1, 0, 0, 0)
    assert again.counts() == {"used": 2, "rejected": 0, "superseded": 1, "filtered": 0}
    assert again.query("select owner_id from identifiers") == [("b",)]


def test_an_older_record_that_arrives_later_is_superseded(tmp_path: Path) -> None:
    relations = {
        "interactions": "select ref as interaction_id, 'phone' as channel, begun as started_at, wait as version_at"
        " from file",
        "identifiers": "select ref as owner_id, 'email' as kind, mail as value from file",
    }
    made = bench(tmp_path, "a;2026-11-02 09:00:00;2;new@example.org\n", relations)
    made.ingest()
    made.write("data/late.csv", HEAD + "a;2026-11-02 08:00:00;1;old@example.org\n", minutes=5)
    assert four(made.ingest()) == (0, 0, 1, 0)
    assert made.query("select version_at from interactions") == [("2",)]
    assert made.query("select count(*) from identifiers") == [(1,)]


VERSIONED = {
    "interactions": "select ref as interaction_id, 'phone' as channel, begun as started_at, wait as version_at"
    " from file",
    "identifiers": "select ref as owner_id, 'email' as kind, mail as value from file",
    "steps": "select 'first-' || ref as step_id, ref as interaction_id, begun as occurred_at, 'vote' as type,"
    " wait as value from file",
}


@pytest.mark.parametrize("at_once", [True, False])
def test_what_falls_with_an_older_version_does_not_take_the_newer_ones_rows_along(
    tmp_path: Path, at_once: bool
) -> None:
    """The older one comes in the later file, with an identifier and a step of the same keys."""
    made = bench(tmp_path, "a;2026-11-02 09:00:00;2;same@example.org\n", VERSIONED)
    if not at_once:
        made.ingest()
    made.write("data/late.csv", HEAD + "a;2026-11-02 08:00:00;1;same@example.org\n", minutes=5)
    made.ingest()
    assert made.counts() == {"used": 1, "rejected": 0, "superseded": 1, "filtered": 0}
    assert made.query("select version_at from interactions") == [("2",)]
    assert made.query("select step_id, value::integer from steps") == [("first-a", 2)]
    assert made.query("select owner_id from identifiers") == [("a",)]


def test_records_that_give_nothing_are_filtered(tmp_path: Path) -> None:
    made = bench(
        tmp_path,
        "a;2026-11-02 09:00:00;1;\nb;2026-11-02 09:00:00;;b@example.org\nc;2026-11-02 09:00:00;;\n;;;\n",
        {
            "interactions": TWO["interactions"] + " where wait is not null",
            "surveys": "select ref as survey_id, begun as answered_at, 'nps' as question,"
            " 'nps_0_10' as scale, mail as comment from file where mail is not null",
        },
    )
    assert four(made.ingest()) == (2, 0, 0, 2)
    assert made.query("select (select count(*) from interactions), (select count(*) from surveys)") == [(1, 1)]


def test_several_rows_of_one_relation_from_one_record_are_all_kept(tmp_path: Path) -> None:
    made = bench(
        tmp_path,
        "a;2026-11-02 09:00:00;1;x,y,z\nb;2026-11-02 09:00:00;1;x\nc;2026-11-02 09:00:00;1;\n",
        {
            "interactions": TWO["interactions"],
            "steps": "select ref || '-' || n as step_id, ref as interaction_id, begun as occurred_at, 'page' as type,"
            " object, n as seq, record from (select ref, begun, record, unnest(str_split(mail, ',')) as object,"
            " generate_subscripts(str_split(mail, ','), 1) as n from file)",
        },
    )
    row = made.ingest()
    assert four(row) == (3, 0, 0, 0)
    assert row.relation_rows == 7
    assert made.query("select step_id, object from steps order by 1") == [
        ("a-1", "x"),
        ("a-2", "y"),
        ("a-3", "z"),
        ("b-1", "x"),
    ]


def test_several_contacts_from_one_record(tmp_path: Path) -> None:
    """One line that tells of two contacts is one record, used."""
    made = bench(
        tmp_path,
        "a;2026-11-02 09:00:00;1;x,y\nb;never;1;x,y\n",
        {
            "interactions": "select ref || part as interaction_id, 'phone' as channel, begun as started_at, record"
            " from (select *, unnest(str_split(mail, ',')) as part from file)"
        },
    )
    row = made.ingest()
    assert four(row) == (1, 1, 0, 0)
    assert row.records == 2
    assert made.query("select interaction_id from interactions order by 1") == [("ax",), ("ay",)]


def test_one_superseded_contact_of_a_record_with_two_leaves_the_other(tmp_path: Path) -> None:
    relations = {
        "interactions": "select part as interaction_id, 'phone' as channel, begun as started_at, wait as wait_s, record"
        " from (select *, unnest(str_split(mail, ',')) as part from file)",
        "steps": "select part || wait as step_id, part as interaction_id, begun as occurred_at, 'page' as type, record"
        " from (select *, unnest(str_split(mail, ',')) as part from file)",
    }
    made = bench(tmp_path, "a;2026-11-02 09:00:00;1;x,y\nb;2026-11-02 09:00:00;2;x\n", relations)
    assert four(made.ingest()) == (2, 0, 0, 0)
    assert made.query("select interaction_id, wait_s::integer from interactions order by 1") == [("x", 2), ("y", 1)]
    assert made.query("select step_id from steps order by 1") == [("x2",), ("y1",)]


def test_rows_made_of_several_records(tmp_path: Path) -> None:
    grouped = {
        "interactions": "select ref as interaction_id, 'phone' as channel, min(begun) as started_at,"
        " list(record) as record from file where coalesce(wait, '') <> 'skip' group by ref"
    }
    content = (
        "a;2026-11-02 09:00:00;1;\nb;2026-11-02 09:00:00;1;\na;2026-11-02 09:05:00;1;\na;2026-11-02 09:06:00;skip;\n"
        "n;never;1;\nn;never;2;\n"
    )
    made = bench(tmp_path, content, grouped)
    assert four(made.ingest()) == (3, 2, 0, 1)
    assert made.query("select record, line from rejects order by 1") == [(5, 6)]


def test_min_record_leaves_the_others_filtered(tmp_path: Path) -> None:
    made = bench(
        tmp_path,
        "a;2026-11-02 09:00:00;1;\na;2026-11-02 09:05:00;1;\nb;2026-11-02 09:05:00;1;\n",
        {
            "interactions": "select ref as interaction_id, 'phone' as channel, min(begun) as started_at,"
            " min(record) as record from file group by ref"
        },
    )
    assert four(made.ingest()) == (2, 0, 0, 1)


def test_a_row_that_names_no_record_or_one_that_is_not_there(tmp_path: Path) -> None:
    for number, record in enumerate(("null", "0", "99", "-1", "'x'", "[]::bigint[]", "[99]", "[null]::bigint[]")):
        made = bench(
            tmp_path / str(number),
            "a;2026-11-02 09:00:00;1;\n",
            {
                "interactions": "select ref as interaction_id, 'phone' as channel, begun as started_at,"
                f" {record} as record from (from file)"
            },
        )
        row = made.ingest()
        assert row.status == "failed", (record, row)
        assert "record" in row.message, record
        assert "connector vocalia, relation interactions" in row.message, record


def test_unparsed_lines_are_rejects_beside_the_others(tmp_path: Path) -> None:
    """A line the reader could not cut is one record, and later ones keep their line."""
    made = bench(
        tmp_path,
        'a;2026-11-02 09:00:00;1;a@example.org\nb;"2026;1;x\n'
        + "c;2026-11-02 09:00:00;1;c@example.org\nd;never;1;x@y.zz\n",
        TWO,
    )
    row = made.ingest()
    assert row.records == row.used + row.rejected
    assert row.rejected >= 2
    ((line,),) = made.query("select max(line) from rejects")
    assert line == 5


def test_several_files_number_their_own_records(tmp_path: Path) -> None:
    made = bench(tmp_path, "a;2026-11-02 09:00:00;1;a@example.org\nx;never;1;a@example.org\n", TWO)
    made.write(
        "data/more.csv",
        HEAD + "b;2026-11-02 09:00:00;1;a@example.org\nc;2026-11-02 09:00:00;1;a@example.org\n"
        "y;never;1;a@example.org\n",
        minutes=1,
    )
    made.write("data/none.csv", HEAD, minutes=2)
    assert four(made.ingest()) == (3, 2, 0, 0)
    assert made.query("select file, record, line from rejects order by 1") == [
        ("data/calls.csv", 2, 3),
        ("data/more.csv", 3, 4),
    ]
    assert made.query("select path, records, used, rejected from files order by 1") == [
        ("data/calls.csv", 2, 1, 1),
        ("data/more.csv", 3, 2, 1),
        ("data/none.csv", 0, 0, 0),
    ]
    assert made.query("select interaction_id, _record from interactions order by 1") == [("a", 1), ("b", 1), ("c", 2)]


def test_a_changed_file_withdraws_the_rows_of_every_relation(tmp_path: Path) -> None:
    made = bench(tmp_path, "a;2026-11-02 09:00:00;1;a@example.org\nb;2026-11-02 09:00:00;1;b@example.org\n", TWO)
    made.ingest()
    made.write("data/calls.csv", HEAD + "b;2026-11-02 09:00:00;1;b@example.org\n", minutes=3)
    made.ingest()
    assert made.counts() == {"used": 1, "rejected": 0, "superseded": 0, "filtered": 0}
    assert made.query("select owner_id from identifiers") == [("b",)]
    assert made.query("select interaction_id from interactions") == [("b",)]
