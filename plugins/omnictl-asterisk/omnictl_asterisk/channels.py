"""Names and numbers of channels, as SQL: what is one channel, which came first, whose number is of the house."""

from __future__ import annotations

from omnictl.connectors import Option

# A name ends in eight hexadecimal digits, or tells which half of a Local channel it is. Other names (DAHDI/1-1,
# Console/dsp) are those of lines and serve one call after the other: they tie no records together.
OF_ONE_CALL = "(-[0-9a-f]{8}|;[12])$"

OPTIONS = (
    Option("utc", bool, False, "times are UTC, as with usegmtime; else local"),
    Option(
        "inbound",
        str,
        "from-trunk*, from-pstn*, from-did*, ext-did*, from-extern*, from-dahdi*, from-zaptel*, incoming*, inbound*",
        "contexts in which calls come in: patterns with * and ?, several with a comma",
    ),
    Option("outbound", str, "outbound*, outrt-*, outcall*, macro-dialout*", "contexts in which calls go out"),
    Option("internal", str, "", "contexts of calls within the house"),
    Option("internal_digits", int, 5, "in other contexts, a number of so many digits or fewer is one of the house"),
)


def trimmed(name: str) -> str:
    """NULL where a cell is blank. Few have blanks around them, and to look for these is cheaper than to trim."""
    padded = f"starts_with({name}, ' ') or ends_with({name}, ' ')"
    return f"case when {name} = '' then null when {padded} then nullif(trim({name}), '') else {name} end"


def half(name: str) -> str:
    """Which half of a Local channel a name is: '1' or '2'; '' where it is no Local channel."""
    return f"""case when ends_with({name}, ';1') then '1' when ends_with({name}, ';2') then '2'
        when {name} is not null then '' end"""


def whole(name: str) -> str:
    """The name of a channel without the half: both halves of a Local channel are one."""
    return f"case when ends_with({name}, ';1') or ends_with({name}, ';2') then left({name}, -2) else {name} end"


def device(name: str) -> str:
    """What a channel leads to: `SIP/301` of `SIP/301-00000004`, `Local/a2@agents` of `Local/a2@agents-00000003;1`."""
    return f"regexp_replace({whole(name)}, '-[0-9a-f]+$', '')"


def second_of(uniqueid: str) -> str:
    """The seconds since 1970 at which a channel was made; a name of the machine may stand before them."""
    return f"try_cast(regexp_extract({uniqueid}, '([0-9]+)[.][0-9]+$', 1) as bigint)"


def number_of(uniqueid: str) -> str:
    """The number of a channel among those of its machine. `.10` comes after `.9`, which as text it does not."""
    return f"try_cast(regexp_extract({uniqueid}, '[.]([0-9]+)$', 1) as bigint)"


def made_at(uniqueid: str) -> str:
    """When a channel was made, as TIMESTAMP in UTC, from seconds that a time can have."""
    return at_second(second_of(uniqueid))


def at_second(second: str) -> str:
    """Seconds since 1970 as TIMESTAMP in UTC; NULL beyond what a time can have."""
    return f"make_timestamp(case when {second} < 100000000000 then {second} * 1000000 end)"


def direction_of(context: str) -> str:
    """Which way the calls of a context go; NULL where the OPTIONS do not tell. It is costly: one for each context."""
    return f"""case
        when {_like(context, "inbound")} then 'inbound'
        when {_like(context, "outbound")} then 'outbound'
        when {_like(context, "internal")} then 'internal' end"""


def first_argument(data: str) -> str:
    """The first of the arguments of an application."""
    return f"split_part(split_part({data}, ',', 1), '|', 1)"


def direction(told: str, caller: str, called: str, channel: str) -> str:
    """Which way a call went: as `direction_of` its context told, else by who has a short number. Takes the OPTIONS.

    A caller whose name or number is that of the channel's own device (`client1` on `PJSIP/client1-00000002`) is of the
    house, and so is what is called by a name (`s`, `sales`) or by a short number.
    """
    digits = "length(regexp_replace({}, '[^0-9]', '', 'g'))"
    own_caller = f"""({caller} <> '' and (
        ({digits.format(caller)} between 1 and $internal_digits and not starts_with({caller}, '+'))
        or ({digits.format(caller)} < 3 and {caller} = regexp_extract({channel}, '^[^/]+/([^@]+)-[0-9a-f]+$', 1))
    ))"""
    own_called = f"{digits.format(called)} <= $internal_digits"
    return f"""case
        when {told} is not null then {told}
        when not coalesce({own_caller}, false) then 'inbound'
        when coalesce({own_called}, true) then 'internal'
        else 'outbound' end"""


def from_or_to_outside(context: str) -> str:
    """A condition: a context is one in which calls come in or go out. Takes the OPTIONS."""
    return f"({_like(context, 'inbound')} or {_like(context, 'outbound')})"


def _like(context: str, option: str) -> str:
    patterns = f"str_split(replace(coalesce(${option}, ''), ' ', ''), ',')"
    return f"len(list_filter({patterns}, lambda pattern: lower(coalesce({context}, '')) glob lower(pattern))) > 0"
