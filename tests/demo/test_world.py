"""The demo's year: repeatable, of the size asked for, and like a real one where readers will look."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import phonenumbers
import pytest

from omnictl.demo import build_demo
from omnictl.demo.calendar import STORM, Year, easter
from omnictl.demo.exports import prepare
from omnictl.demo.world import make_world
from omnictl.errors import OmnictlError

LAST = date(2026, 10, 31)
FINGERPRINT = """
select count(*), hash(string_agg(concat_ws('|', id, channel, motive, person, started_at, outcome, wait_s, talk_s), ';'
    order by started_at, id))
from interactions
"""


def world(interactions: int = 20_000, seed: int = 1, threads: int = 2) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(config={"threads": threads})
    year = Year.ending(LAST)
    make_world(con, year, interactions, seed)
    prepare(con, year)
    return con


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with world() as made:
        yield made


def one(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[object, ...]:
    return con.execute(sql).fetchall()[0]


def test_the_same_seed_gives_the_same_year_on_any_number_of_threads() -> None:
    first, again, other = world(3000, threads=1), world(3000, threads=4), world(3000, seed=2)
    assert one(first, FINGERPRINT) == one(again, FINGERPRINT) != one(other, FINGERPRINT)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    def digests(folder: Path) -> dict[str, str]:
        build_demo(folder, interactions=3000, seed=7, end=LAST)
        return {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_there_are_about_as_many_interactions_as_asked(con: duckdb.DuckDBPyConnection) -> None:
    ((number, distinct, first, last),) = con.execute(
        "select count(*), count(distinct id), min(local_of(started_at))::date, max(local_of(started_at))::date "
        "from interactions"
    ).fetchall()
    assert abs(number / 20_000 - 1) < 0.05
    assert distinct == number
    assert (first, last) == (LAST - timedelta(days=364), LAST)


@pytest.mark.parametrize(
    ("figure", "low", "high"),
    [
        ("count_if(channel = 'phone') / count(*)", 0.30, 0.45),
        ("count_if(channel in ('web', 'faq')) / count(*)", 0.33, 0.45),
        ("count_if(answered) / count_if(waited)", 0.87, 0.94),
        ("count_if(answered and wait_s <= 20) / count_if(waited)", 0.70, 0.80),
        ("avg(wait_s) filter (answered)", 12, 40),
        ("avg(talk_s + hold_s) filter (answered)", 270, 380),
        ("count_if(channel = 'phone' and not open) / count_if(channel = 'phone')", 0.001, 0.02),
    ],
)
def test_figures_are_those_of_a_contact_centre(
    con: duckdb.DuckDBPyConnection, figure: str, low: float, high: float
) -> None:
    (value,) = one(
        con,
        f"""
        select {figure} from (
            select *, channel = 'phone' and outcome = 'handled' as answered,
                answered or (channel = 'phone' and outcome = 'abandoned' and wait_s >= 5) as waited
            from interactions
        )
        """,
    )
    assert isinstance(value, float)
    assert low <= value <= high


def test_a_storm_brings_home_claims_and_fewer_answers(con: duckdb.DuckDBPyConnection) -> None:
    found = dict(
        con.execute(
            """
            select storm > 0, {
                'a_day': count(*) / count(distinct local_of(started_at)::date),
                'home': count_if(intent = 'claim_declare' and line = 'home') / count(*),
                'answered': count_if(outcome = 'handled') / count_if(outcome in ('handled', 'abandoned'))
            }
            from interactions where channel = 'phone' group by all
            """
        ).fetchall()
    )
    assert found[True]["a_day"] > 1.5 * found[False]["a_day"]
    assert found[True]["home"] > 3 * found[False]["home"]
    assert found[True]["answered"] < found[False]["answered"] - 0.05


def test_people_come_back_on_other_channels(con: duckdb.DuckDBPyConnection) -> None:
    returned, elsewhere = one(
        con,
        """
        select count(later.id) / count(*), count_if(later.channel <> earlier.channel) / count(later.id)
        from interactions as earlier left join interactions as later on later.parent = earlier.id
        where earlier.level = 0
        """,
    )
    assert isinstance(returned, float)
    assert isinstance(elsewhere, float)
    assert 0.15 < returned < 0.3
    assert 0.4 < elsewhere < 0.85
    same_person, after = one(
        con,
        """
        select bool_and(later.person = earlier.person), bool_and(later.started_at >= earlier.started_at)
        from interactions as later join interactions as earlier on later.parent = earlier.id
        """,
    )
    assert same_person
    assert after


def test_every_spelling_of_a_number_is_the_same_number(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute(
        "select phone_of(person, id), spelled(person, id) from calls where spelled(person, id) like '%0%' limit 500"
    ).fetchall()
    assert len({re.sub(r"[0-9]", "0", spelled) for _, spelled in rows}) == 3
    for plain, spelled in rows:
        assert phonenumbers.parse(spelled, "FR") == phonenumbers.parse(plain, "FR")


def test_identifiers_belong_to_one_person_but_for_households(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        """
        create or replace temp view seen as
        select person, email_of(person) as email, mobile_of(person) as mobile, customer_number(person) as customer
        from (select distinct person from interactions)
        """
    )
    for column, share in (("email", 0), ("customer", 0), ("mobile", 0.05)):
        (shared,) = one(
            con,
            f"select coalesce(sum(n) filter (n > 1), 0) / sum(n) from (select count(*) as n from seen "
            f"where {column} is not null group by {column})",
        )
        assert isinstance(shared, float)
        assert shared <= share


@pytest.mark.parametrize("year", [1999, 2000, 2024, 2025, 2026, 2038])
def test_easter(year: int) -> None:
    known = {1999: (4, 4), 2000: (4, 23), 2024: (3, 31), 2025: (4, 20), 2026: (4, 5), 2038: (4, 25)}
    assert easter(year) == date(year, *known[year])


def test_every_year_holds_its_whole_storm() -> None:
    for number in range(0, 1500, 5):
        year = Year.ending(date(2024, 1, 1) + timedelta(days=number))
        storm = sorted(year.storm())
        assert len(year.days) == 365
        assert len(storm) == len(STORM)
        assert year.first <= storm[0] < storm[-1] < year.last


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OmnictlError, match="is not empty"):
        build_demo(tmp_path, interactions=1000, end=LAST)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_year_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OmnictlError, match="too small"):
        build_demo(tmp_path / "demo", interactions=10, end=LAST)
    assert not (tmp_path / "demo").exists()
