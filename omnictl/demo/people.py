"""People, as functions of their number: what identifies them is computed, never stored.

Persons 0 … are customers; from `PROSPECTS_FROM` on they are prospects without customer number. Nobody can be reached
by these identifiers: the mail domains are reserved for examples, the fixed numbers begin with those kept for fiction,
and no mobile number begins with 070 to 072.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

PROSPECTS_FROM = 100_000_000

MACROS = """
create macro customer_number(person) as
    case when person < {prospects_from} then 'C' || lpad((1000000 + person * 7)::varchar, 8, '0') end;
create macro email_of(person) as
    case when person < {prospects_from} then 'assure.' else 'visiteur.' end
    || lpad((person % {prospects_from})::varchar, 6, '0')
    || ['@example.com', '@example.org', '@example.net'][1 + (draw(person, 'mail') % 3)::integer];
-- one in fifty shares the number of the household's other member
create macro line_of(person) as
    person - case when person % 2 = 1 and draw(person, 'household') % 25 = 0 then 1 else 0 end;
create macro mobile_of(person) as
    '07' || lpad((line_of(person) % {prospects_from}
        + case when person < {prospects_from} then 0 else 15000000 end)::varchar, 8, '0');
create macro fixed_of(person) as
    ['019900', '026191', '035301', '046571', '053649'][1 + (line_of(person) % 5)::integer]
    || lpad((line_of(person) // 5 % 10000)::varchar, 4, '0');
-- three customers in ten call from a fixed line, mostly
create macro phone_of(person, number) as
    case when u(person, 'fixed') < 0.3 and u(number, 'which line') < 0.8 then fixed_of(person)
        else mobile_of(person) end;
-- up to three devices a person, each with a cookie that is lost twice a year
create macro device_of(number) as
    case when u(number, 'device') < 0.58 then 0 when u(number, 'device') < 0.93 then 1 else 2 end;
create macro cookie_of(person, device, day) as
    lower(lpad(to_hex(draw(person * 100 + device * 10 + dayofyear(day) // 150, 'cookie')), 16, '0'));
"""


def give_people(con: duckdb.DuckDBPyConnection) -> None:
    """Define the identifiers of people on a connection that has the draws."""
    con.execute(MACROS.format(prospects_from=PROSPECTS_FROM))
