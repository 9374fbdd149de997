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
SWITCHBOARD = "0199009000"

MACROS = """
create macro customer_number(person) as
    case when person < {prospects_from} then 'C' || lpad((1000000 + person * 7)::varchar, 8, '0') end;
create macro email_of(person) as
    case when person < {prospects_from} then 'assure.' else 'visiteur.' end
    || lpad((person % {prospects_from})::varchar, 6, '0')
    || ['@example.com', '@example.org', '@example.net'][1 + (draw(person, 'mail') % 3)::integer];
-- people live four to a house; in one house of twenty-five two, three or all of them share what line they have
create macro line_of(person) as
    person - case when draw(person // 4, 'household') % 25 = 0
        and person % 4 <= 1 + (draw(person // 4, 'who shares') % 3)::bigint then person % 4 else 0 end;
create macro mobile_of(person) as
    '07' || lpad((line_of(person) % {prospects_from}
        + case when person < {prospects_from} then 0 else 15000000 end)::varchar, 8, '0');
create macro fixed_of(person) as
    ['019900', '026191', '035301', '046571', '053649'][1 + (line_of(person) % 5)::integer]
    || lpad((line_of(person) // 5 % 10000)::varchar, 4, '0');
-- one customer in twenty-five works for the same large firm, and calls through its switchboard, mostly
create macro in_large_firm(person) as person < {prospects_from} and person % 25 = 3;
-- three customers in ten call from a fixed line, mostly
create macro phone_of(person, number) as case
    when in_large_firm(person) and u(number, 'desk') < 0.7 then '{switchboard}'
    when u(person, 'fixed') < 0.3 and u(number, 'which line') < 0.8 then fixed_of(person)
    else mobile_of(person) end;
-- up to three devices a person; the third is the household's
create macro device_of(number) as
    case when u(number, 'device') < 0.58 then 0 when u(number, 'device') < 0.93 then 1 else 2 end;
create macro holder_of(person, device) as (case when device = 2 then line_of(person) else person end) * 10 + device;
-- each has a cookie that is lost after 30 to 400 days, and then another one
create macro cookie_of(person, device, day) as lower(lpad(to_hex(draw(
    holder_of(person, device) * 20 + (datediff('day', date '2020-01-01', day)
        + (draw(holder_of(person, device), 'first loss') % 400)::bigint)
        // (30 + (draw(holder_of(person, device), 'lasts') % 371)::bigint) % 20, 'cookie')), 16, '0'));
-- seven visits in ten come from the address of the line at home, which changes after 90 to 360 days, the others from
-- one that mobile networks share out
create macro address_of(person, number, day) as case
    when u(number, 'at home') < 0.7 then printf('2001:db8:%x:%x::1', line_of(person) % {prospects_from} // 60000
            + case when person < {prospects_from} then 0 else 30000 end + 1, line_of(person) % 60000)
        || (datediff('day', date '2020-01-01', day) // (90 + (draw(line_of(person), 'lease') % 271)::bigint))::varchar
    else '198.51.100.' || (1 + draw(number, 'mobile address') % 250)::varchar end;
create macro agrees(person) as u(person, 'consent') < 0.76;
"""


def give_people(con: duckdb.DuckDBPyConnection) -> None:
    """Define the identifiers of people on a connection that has the draws."""
    con.execute(MACROS.format(prospects_from=PROSPECTS_FROM, switchboard=SWITCHBOARD))
