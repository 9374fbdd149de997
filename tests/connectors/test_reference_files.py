"""Real exports are read whole and alike in all their formats.

They are no part of this repository: their folder is named by OMNICTL_REFERENCE, or lies beside it as `shared`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest

Land = Callable[..., Any]


@pytest.fixture(scope="module")
def data() -> Path:
    named = os.environ.get("OMNICTL_REFERENCE", "")
    root = Path(named) if named else Path(__file__).resolve().parents[3] / "shared"
    if not (root / "data").is_dir():
        pytest.skip(f"no reference data in {root}: set OMNICTL_REFERENCE to the folder that holds data/")
    return root / "data"


@pytest.mark.parametrize(
    ("name", "needs", "records", "columns"),
    [
        ("servicenow-incidents-slice/incident_event_log.csv.gz", ("number", "caller_id"), 5_998, 36),
        ("servicenow-incidents-slice/incident_event_log_198_other_date_format.csv", ("number", "opened_at"), 198, 36),
        ("call-center-5000/call-center-dataset.csv", ("Call Id", "Answered (Y/N)"), 5_000, 10),
        ("call-center-5000/01 Call-Center-Dataset.xlsx", ("Call Id", "Answered (Y/N)"), 5_000, 10),
        ("vancouver-311-2024/3-1-1-service-requests 2024.csv", ("Channel", "geom"), 4_678, 13),
        ("vancouver-311-2024/3-1-1-service-requests 2024.xlsx", ("Channel", "geom"), 4_678, 13),
        ("cfpb-sample/consumer_complaints.csv", ("submitted_via", "complaint_id"), 145, 18),
        ("nps-5000/NPStimeseries.csv", ("Survey date", "NPS"), 5_000, 7),
    ],
)
def test_every_record_is_a_row(
    data: Path, land: Land, name: str, needs: tuple[str, ...], records: int, columns: int
) -> None:
    landed = land(data / name, needs)
    assert (len(landed.rows), len(landed.columns)) == (records, columns)
    assert list(landed.export.unparsed) == []
    assert landed.export.unreadable == 0
    assert landed.tries == 0
    last = landed.records()[-1]
    ((line, raw),) = landed.export.locate([last]).values()
    assert last == records
    assert line >= records + 1
    assert str(landed.rows[-1][0]) in raw


@pytest.mark.parametrize(
    ("csv_name", "excel_name"),
    [
        ("call-center-5000/call-center-dataset.csv", "call-center-5000/01 Call-Center-Dataset.xlsx"),
        (
            "vancouver-311-2024/3-1-1-service-requests 2024.csv",
            "vancouver-311-2024/3-1-1-service-requests 2024.xlsx",
        ),
    ],
)
def test_a_sheet_and_its_csv_hold_the_same(data: Path, land: Land, csv_name: str, excel_name: str) -> None:
    from_csv, from_excel = land(data / csv_name, ()), land(data / excel_name, ())
    assert from_csv.columns == from_excel.columns
    differing = [
        (row, column, one, other)
        for row, (left, right) in enumerate(zip(from_csv.rows, from_excel.rows, strict=True))
        for column, one, other in zip(from_csv.columns, left, right, strict=True)
        if same(one) != same(other)
    ]
    assert differing == []


def same(cell: str | None) -> Any:
    """A cell as it can be compared: numbers whatever their digits, and N/A, which the CSV files leave empty."""
    try:
        return None if cell in (None, "N/A") else round(Decimal(cell), 9)
    except InvalidOperation:
        return cell


def test_a_question_mark_means_nothing_is_known(data: Path, land: Land) -> None:
    path = data / "servicenow-incidents-slice/incident_event_log.csv.gz"
    plain, cleaned = land(path, ("number",)), land(path, ("number",), missing=("?",))
    assert plain.column("caused_by").count("?") > 5_000
    assert all("?" not in row for row in cleaned.rows)
    assert [[None if cell == "?" else cell for cell in row] for row in plain.rows] == [
        list(row) for row in cleaned.rows
    ]
