"""What the columns under a header are called."""

from __future__ import annotations

import pytest

from omnictl.connectors.names import column_names, missing_from, require
from omnictl.errors import SourceError


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        (["id", "date"], ["id", "date"]),
        (["id", "date", "date", "date"], ["id", "date", "date_1", "date_2"]),
        (["Date", "DATE"], ["Date", "DATE_1"]),
        (["date", "date", "date_1"], ["date", "date_2", "date_1"]),
        (["date_1", "date", "date"], ["date_1", "date", "date_2"]),
        (["", "b", ""], ["column0", "b", "column2"]),
        (["", "column0"], ["column0_1", "column0"]),
        (["column1", ""], ["column1", "column1_1"]),
        ([" id\t", "\ufeffname", "total\u00a0"], ["id", "name", "total"]),
        (["Speed of\nanswer", "Talk\r\n time", "N\u00a0°"], ["Speed of answer", "Talk time", "N °"]),
        (["two  blanks"], ["two  blanks"]),
        (["É", "é"], ["É", "é"]),  # DuckDB tells these apart
        (['a"b', "x'y", "a;--"], ['a"b', "x'y", "a;--"]),
    ],
)
def test_names(cells: list[str], names: list[str]) -> None:
    assert column_names(cells) == names


def test_a_needed_name_is_found_whatever_its_capitals() -> None:
    assert missing_from(["Call Id", "Été"], {"call id", "été", "agent"}) == ["agent", "été"]


def test_a_missing_column_is_named_with_the_nearest_one() -> None:
    with pytest.raises(SourceError) as error:
        require(["id", "begin_time"], {"ID", "begintime"}, "calls.csv", where="line 3")
    assert error.value.file == "calls.csv"
    assert error.value.message == "there is no column `begintime`"
    assert error.value.hint == "did you mean `begin_time`?; the columns on line 3 are: id, begin_time"


def test_many_names_are_not_all_listed() -> None:
    with pytest.raises(SourceError) as error:
        require([f"c{number}" for number in range(50)], {"w", "x", "y", "z"}, "calls.csv")
    assert error.value.message == "there are no columns `w`, `x`, `y` and 1 more"
    assert error.value.hint.endswith("c18, c19 and 30 more")
