"""What a draft makes of columns: names and values in, expressions and remarks out."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from omnictl.draft.guesses import Sample, folded, guess


def sample(**columns: list[object]) -> Sample:
    """A sample of two rows or more; the names' underscores are spaces in the export."""
    rows = max(len(values) for values in columns.values())
    values = {name: [value for value in cells if value != ""] for name, cells in columns.items()}
    return Sample(rows, values, frozenset({"order", "group"}))


def drafted(**columns: list[object]) -> dict[str, str]:
    draft = guess(sample(**columns))
    return {name: found.expression for name, found in (draft.columns | draft.identifiers).items()}


@pytest.mark.parametrize(
    ("values", "expression"),
    [
        (["2026-03-02 09:00:00", "2026-03-14 10:00:00"], "opened"),
        (["2026-03-02T09:00:00Z", "2026-03-14T10:00:00+02:00"], "opened"),
        (["14/03/2026 09:00", "02/03/2026 10:00"], "strptime(opened, '%d/%m/%Y %H:%M')"),
        (["03/14/2026 09:00", "03/02/2026 10:00"], "strptime(opened, '%m/%d/%Y %H:%M')"),
        (["3/14/26 9:05 PM", "3/2/26 10:00 AM"], "strptime(opened, '%m/%d/%y %I:%M %p')"),
        (["14-03-2026 09:00:01", "02-03-2026 10:00:00"], "strptime(opened, '%d-%m-%Y %H:%M:%S')"),
        (["20260314090001", "20260302100000"], "strptime(opened, '%Y%m%d%H%M%S')"),
        ([datetime(2026, 3, 14), datetime(2026, 3, 2)], "opened"),
    ],
)
def test_the_way_times_are_written_is_found(values: list[object], expression: str) -> None:
    assert drafted(id=["1", "2"], opened=values)["started_at"] == expression


def test_days_that_read_both_ways_are_said() -> None:
    found = guess(sample(id=["1", "2"], opened=["02/03/2026 09:00", "03/04/2026 10:00"])).columns["started_at"]
    assert "they also read as %m/%d/%Y" in found.remark


def test_a_day_and_an_hour_in_two_columns_are_joined() -> None:
    found = drafted(id=["1", "2"], Date=["14/03/2026", "02/03/2026"], Time=["09:00:01", "10:00:00"])
    assert found["started_at"] == "strptime(Date || ' ' || Time, '%d/%m/%Y %H:%M:%S')"


def test_channels_in_their_words_become_ours() -> None:
    found = guess(
        sample(id=["1", "2", "3"], opened=["2026-03-02"] * 3, contact_type=["Phone", "Self service", "Pigeon"])
    )
    assert found.columns["channel"].expression == (
        "case contact_type when 'Self service' then 'web' else lower(contact_type) end"
    )
    assert "not known: Pigeon" in found.columns["channel"].remark


def test_identifiers_and_key_are_found_by_name_also_in_french() -> None:
    found = drafted(
        **{
            "N° dossier": ["1", "2"],
            "Réf": ["a", "b"],
            "Date d'ouverture": ["2026-03-02 09:00", "2026-03-03 10:00"],
            "Tél. mobile": ["0612345678", ""],
            "Courriel": ["a@example.org", "b@example.org"],
            "client_id": ["c1", "c2"],
        }
    )
    assert found["interaction_id"] == '"Réf"'
    assert found["started_at"] == '"Date d\'ouverture"'
    assert (found["phone"], found["email"], found["customer_id"]) == ('"Tél. mobile"', "Courriel", "client_id")


def test_nothing_obvious_still_gives_key_channel_and_start_with_a_reminder() -> None:
    draft = guess(sample(order=["x", "x"], b=["1", ""]))
    assert draft.columns["interaction_id"].expression == "md5(concat_ws('|', \"order\", b))"
    assert draft.columns["channel"].expression == "'phone'"
    assert "no column reads as times" in draft.columns["started_at"].remark


def test_names_are_folded() -> None:
    assert folded("Date d'Ouverture (é)") == "date_d_ouverture_e"
    assert folded("interactionId") == "interaction_id"


def test_the_kpi_that_a_new_workspace_shows_is_one(tmp_path: Path) -> None:
    from omnictl.draft.folder import KPIS
    from omnictl.glossary import load_glossary
    from omnictl.glossary.check import check_glossary

    (tmp_path / "own.yml").write_text(KPIS.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    assert check_glossary(load_glossary([tmp_path])) == []
