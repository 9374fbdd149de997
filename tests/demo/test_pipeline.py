"""The demo through the real pipeline: what the store holds is what the generator drew, row by row, and every fault it
planted is accounted for."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from workbench import Workbench

from omnictl.demo import DemoSummary, build_demo, truth
from omnictl.demo.calendar import Year
from omnictl.demo.exports import prepare
from omnictl.demo.world import make_world
from omnictl.run import RunReport, run
from omnictl.workspace import load_workspace

LAST = date(2026, 10, 31)  # the year holds both clock changes, the second in its last week
INTERACTIONS = 15_000
SEED = 3


@dataclass
class Demo:
    """A demo that was run, beside the truth it was written from. `con` sees both; the store is `store`."""

    folder: Path
    summary: DemoSummary
    report: RunReport
    con: duckdb.DuckDBPyConnection

    def one(self, sql: str) -> tuple[Any, ...]:
        return self.con.execute(sql).fetchall()[0]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo") / "workspace"
    summary = build_demo(folder, interactions=INTERACTIONS, seed=SEED, end=LAST)
    report = run(load_workspace(folder / "omnictl.yml"))
    with duckdb.connect() as con:
        year = Year.ending(LAST)
        make_world(con, year, INTERACTIONS, SEED)
        prepare(con, year)
        truth.prepare(con)
        con.execute(f"attach '{folder / '.omnictl' / 'store.duckdb'}' as store (read_only)")
        yield Demo(folder, summary, report, con)


def test_every_record_is_accounted_for(demo: Demo) -> None:
    assert demo.report.exit_code == 0
    found = {
        row.source: (row.used, row.rejected, row.superseded, row.filtered, row.unreadable_cells)
        for row in demo.report.rows
        if row.stage == "ingest"
    }
    planted = {
        account.source: (
            account.used,
            account.rejected,
            account.superseded,
            account.filtered,
            account.unreadable_cells,
        )
        for account in demo.summary.accounts
    }
    assert found == planted
    for column in range(1, 5):  # a demo without faults would teach nothing
        assert sum(counts[column] for counts in found.values()) > 0


def test_a_second_run_finds_nothing_to_do(demo: Demo) -> None:
    assert {row.status for row in run(load_workspace(demo.folder / "omnictl.yml")).rows} == {"unchanged"}


# A contact by its visits: waits and talks are sums, it is answered when any visit was, and told by the first that was.
OF_ITS_VISITS = "arg_min(queue, (not answered, case when answered then seq else -seq end))"
CALLS = f"""
with told as (
    select id, min(entered_at) as queued_at, min(left_at) filter (answered) as answered_at, max(ended_at) as ended_at,
        sum(waited_s) filter (ends <> '') as wait_s, sum(talked_s) as talk_s, {OF_ITS_VISITS} as queue,
        count_if(ends like '%TRANSFER') as transfers
    from visits_of_queues group by id
)
select ref, 'phone', coalesce(queued_at, past_menu_at), queued_at, answered_at, coalesce(told.ended_at, past_menu_at),
    case outcome when 'closed' then 'blocked' when 'odd' then null else outcome end, told.wait_s, told.talk_s, null,
    acw_s, coalesce(transfers, 0), coalesce(told.queue, first_queue), null, ''
from calls
left join told using (id)
left join (select id, acw_s from desk_calls) as noted using (id)
where outcome not in ('menu', 'left_menu')
"""
IN_THE_MENU = """
select ref, 'ivr', started_at, null, null, past_menu_at,
    case outcome when 'menu' then 'self_served' else 'dropped' end, null, null, null, null, null, null, null, ''
from calls where outcome in ('menu', 'left_menu')
union all
select ref, 'phone', started_at, null, answered_at, ended_at, 'handled', null, epoch(ended_at - answered_at), null,
    null, null, null, null, 'internal'
from call_records where context = 'from-internal'
"""
BOTS = """
select conversation, 'chatbot', started_at, null, null, ended_at, outcome, null, null, null, null, null, topic, null, ''
from bot_conversations
"""
CALLED_BACK = """
select callback, 'callback', started_at, null, null, ended_at, outcome, null, talk_s, null, null, null, queue, null, ''
from callbacks
"""
CHATS = """
select conversation, 'chat', started_at, started_at, accepted_at, ended_at, outcome, wait_s, talk_s, null, acw_s,
    case when outcome = 'handled' then 0 end, topic, null, ''
from chats
"""
VISITS = """
select visit_id, 'web', started_at, null, null, last_hit_at, case when final_act is not null then 'self_served' end,
    null, null, null, null, null, null, null,
    case when robot then 'robot' else '' end
from visits
"""
SESSIONS = """
select session, 'faq', started_at, null, null, ended_at, case when helpful then 'self_served' end,
    null, null, null, null, null, null, null, ''
from faq_sessions
"""


@pytest.mark.parametrize(
    ("source", "truth"),
    [
        ("calls", CALLS),
        ("cdr", IN_THE_MENU),
        ("chat", CHATS),
        ("web", VISITS),
        ("faq", SESSIONS),
        ("bot", BOTS),
        ("callbacks", CALLED_BACK),
    ],
    ids=["calls", "cdr", "chat", "web", "faq", "bot", "callbacks"],
)
def test_every_row_is_what_was_drawn(demo: Demo, source: str, truth: str) -> None:
    held = f"""
        select interaction_id, channel, started_at, queued_at, answered_at, ended_at, outcome, wait_s, talk_s, hold_s,
            acw_s, transfers, queue, in_hours, excluded
        from store.interactions where source = '{source}'
    """
    assert demo.one(f"select count(*) from ({held})")[0] > 0
    assert demo.con.execute(f"({held}) except all ({truth})").fetchall() == []
    assert demo.con.execute(f"({truth}) except all ({held})").fetchall() == []


def test_forms_and_tickets_keep_their_local_time_and_newest_state(demo: Demo) -> None:
    """Local times are compared: the hour that comes twice in October cannot be told apart in a time without offset."""
    forms = """
        select submission, local_of(started_at), local_of(processed_at), visit_id from forms
        union all
        select submission || '-2', local_of(started_at) + interval 400 millisecond, local_of(processed_at), visit_id
        from forms where n % 150 = 77
    """
    held = """
        select interaction_id, local_of(started_at), local_of(resolved_at), parent_id
        from store.interactions where source = 'forms'
    """
    assert demo.con.execute(f"({held}) except all ({forms})").fetchall() == []
    assert demo.con.execute(f"({forms}) except all ({held})").fetchall() == []
    tickets = """
        select number, date_trunc('minute', local_of(started_at)), date_trunc('minute', local_of(reply_at)),
            date_trunc('minute', local_of(resolved_at)), reopens, mailbox,
            case kind when 'auto-reply' then 'autoreply' when 'spam' then 'spam' else '' end,
            case when resolved_at is not null then 'Resolved' when reply_at is not null then 'In progress'
                else 'New' end
        from tickets
    """
    held = """
        select interaction_id, local_of(started_at), local_of(answered_at), local_of(resolved_at), reopens, queue,
            excluded, outcome_detail
        from store.interactions where source = 'emails'
    """
    assert demo.con.execute(f"({held}) except all ({tickets})").fetchall() == []
    assert demo.con.execute(f"({tickets}) except all ({held})").fetchall() == []


def test_a_form_sent_during_a_visit_knows_it(demo: Demo) -> None:
    within, known = demo.one(
        """
        select count(*), count(visit.interaction_id)
        from store.interactions as form
        left join store.interactions as visit
            on visit.source = form.parent_source and visit.interaction_id = form.parent_id
        where form.parent_kind = 'within'
        """
    )
    assert within == known > 0


def test_intents_are_those_of_the_rules(demo: Demo) -> None:
    """The queue says it; where it does not, the wrap-up code does, and then the number dialled."""
    truth = f"""
        with said as (
            select ref, coalesce(visits.queue, first_queue) as queue, case dialled when '0199001010' then 'claim'
                when '0199001020' then 'quote' when '0199001030' then 'reimbursement' end as of_number,
                (select any_value(intent) from motives where motives.wrap_up = noted.wrap_up) as ticked
            from calls
            left join (select id, wrap_up from desk_calls) as noted using (id)
            left join (select id, {OF_ITS_VISITS} as queue from visits_of_queues group by id) as visits using (id)
            where outcome not in ('menu', 'left_menu')
        ),
        by_queue as (select queue, any_value(intent) as of_queue from motives where queue <> 'accueil' group by queue)
        select ref, coalesce(of_queue, nullif(ticked, ''), of_number), case when of_queue is not null then 'queue'
            when ticked <> '' then 'wrap_up' when of_number is not null then 'page' end
        from said left join by_queue using (queue)
    """
    held = "select interaction_id, intent, intent_source from store.interactions where source = 'calls'"
    assert demo.con.execute(f"({held}) except all ({truth})").fetchall() == []
    assert demo.one(f"select count(distinct intent_source) from ({held})") == (3,)


@pytest.mark.parametrize(
    ("kind", "truth"),
    [
        (
            "phone",
            """
            select phone_of(person, id) from calls where spelled(person, id) like '%0%'
            union select phone_of(person, id) from forms where calls_back or u(id, 'gives phone') < 0.48
            union select number from callbacks
            """,
        ),
        (
            "email",
            """
            select email_of(person) from forms where u(id, 'gives mail') < 0.86
            union select email_of(person) from chats where u(id, 'gives mail') < 0.55
            union select email_of(person) from tickets
            """,
        ),
        (
            "cookie",
            """
            select visitor from visits union select cookie from faq_sessions
            union select cookie from bot_conversations
            """,
        ),
    ],
)
def test_one_pseudonym_for_every_spelling_of_an_identifier(demo: Demo, kind: str, truth: str) -> None:
    (drawn,) = demo.one(f"select count(*) from ({truth})")
    (held,) = demo.one(f"select count(distinct value) from store.identifiers where kind = '{kind}'")
    assert held == drawn > 0


def test_the_line_is_read_before_its_number_is_hashed(demo: Demo) -> None:
    truth = """
        select count_if(phone_of(person, id) like '07%'), count_if(phone_of(person, id) not like '07%')
        from calls where spelled(person, id) like '%0%' and outcome not in ('menu', 'left_menu')
    """
    held = """
        select count_if(line_type = 'mobile'), count_if(line_type = 'fixed')
        from store.interactions where source = 'calls'
    """
    assert demo.one(held) == demo.one(truth)


def test_scores_belong_to_the_contact_they_are_about(demo: Demo) -> None:
    for question, column in (("nps", "case when not spelt then nps end"), ("csat", "csat"), ("ces", "ces")):
        asked = f"select survey, ref, {column}, local_of(answered_at) from answers where {question} is not null"
        held = f"""
            select survey_id, surveys.interaction_id, score, local_of(surveys.answered_at)
            from store.surveys join store.interactions
                on interactions.source = interaction_source and interactions.interaction_id = surveys.interaction_id
            where question = '{question}'
        """
        assert demo.con.execute(f"({held}) except all ({asked})").fetchall() == []
        assert demo.con.execute(f"({asked}) except all ({held})").fetchall() == []


def test_articles_and_votes_are_steps(demo: Demo) -> None:
    truth = """
        select session, seq, case kind when 'read' then 'article' else kind end, article, seen_at, helpful::integer
        from faq_events
    """
    held = "select interaction_id, seq, type, object, occurred_at, value from store.steps"
    assert demo.con.execute(f"({held}) except all ({truth})").fetchall() == []
    assert demo.con.execute(f"({truth}) except all ({held})").fetchall() == []


def test_visits_of_queues_are_those_of_the_switch(demo: Demo) -> None:
    """A call that goes on to another queue waits in both; a ring that nobody answers is no end of anything."""
    truth = """
        select queue, count(*), count_if(answered), count_if(ends = 'ABANDON'), count_if(ends like 'EXIT%'),
            sum(waited_s) filter (ends <> ''), sum(talked_s)
        from visits_of_queues group by queue
    """
    of_queues = """
        select queue, count_if(kind = 'queue'), count_if(kind = 'queue' and outcome = 'handled'),
            count_if(outcome = 'abandoned'), count_if(outcome = 'flow_out'), sum(wait_s), sum(talk_s)
        from store.segments
        where source = 'calls' and outcome is distinct from 'blocked' and segment_id not like 'cdr:%'
        group by queue
    """
    assert demo.con.execute(f"({of_queues}) except all ({truth})").fetchall() == []
    assert demo.con.execute(f"({truth}) except all ({of_queues})").fetchall() == []


# Of two interactions that are one person's: how often they are one customer's, and the other way round.
PAIRS = """
with told as (
    select identities.person_id, truth.customer
    from store.identities join truth using (source, interaction_id)
    where truth.customer is not null
),
numbers(kind, pairs) as (
    select 'right', sum(n * (n - 1) / 2)
    from (select count(*) as n from told where person_id is not null group by person_id, customer)
    union all
    select 'said', sum(n * (n - 1) / 2)
    from (select count(*) as n from told where person_id is not null group by person_id)
    union all
    select 'true', sum(n * (n - 1) / 2) from (select count(*) as n from told group by customer)
)
select any_value(pairs) filter (kind = 'right') / any_value(pairs) filter (kind = 'said'),
    any_value(pairs) filter (kind = 'right') / any_value(pairs) filter (kind = 'true')
from numbers
"""


def test_people_are_mostly_customers(demo: Demo) -> None:
    """Households share telephones and tablets, so it is not always; nobody gives everything, so it is not all."""
    precision, recall = demo.one(PAIRS)
    assert precision > 0.95
    assert recall > 0.35


def test_the_truth_tells_of_every_interaction(demo: Demo) -> None:
    held, told = "select source, interaction_id from store.interactions", "select source, interaction_id from truth"
    assert demo.con.execute(f"({held}) except all ({told})").fetchall() == []
    assert demo.con.execute(f"({told}) except all ({held})").fetchall() == []
    written = demo.folder / "truth" / "interactions.parquet"
    assert demo.con.execute(f"(from truth) except all (from '{written}')").fetchall() == []


def test_a_switchboard_joins_nobody(demo: Demo) -> None:
    """No two of those who call from it live in one house: what is theirs in common is the switchboard alone."""
    callers, joined = demo.one(
        """
        with calls_of_the_firm as (
            select calls.person, identities.person_id
            from calls join store.identities on source = 'calls' and interaction_id = ref
            where in_large_firm(calls.person) and spelled(calls.person, calls.id) like '%199009000'
        )
        select count(distinct person), count(*) filter (customers > 1)
        from calls_of_the_firm left join (
            select person_id, count(distinct person) as customers from calls_of_the_firm
            where person_id is not null group by person_id
        ) using (person_id)
        """
    )
    assert callers > 20
    assert joined == 0


def test_visits_without_consent_are_nobodys(demo: Demo) -> None:
    refused, linked, agreed = demo.one(
        """
        select count_if(consent is distinct from true),
            count_if(consent is distinct from true and person_id is not null),
            count_if(consent and person_id is not null)
        from store.interactions join store.identities using (source, interaction_id)
        where kind = 'visit'
        """
    )
    assert refused > 500
    assert linked == 0
    assert agreed > 1000


# Visits of queues that somebody answered in the end, up to the first answer: what comes later is another's wait.
BEFORE_ANSWER = """
(select id, sum(waited_s) as first_s from (
    select id, waited_s, coalesce(min(seq) filter (answered) over (partition by id), 1000) >= seq as before
    from visits_of_queues
) where before group by id)
"""
# What KPIs mean, written again by hand over the truth.
ASSISTED = f"""
with contacts as (
    select 'phone' as channel, outcome, queued_at, wait_s, first_s, talk_s + acw_s as handle_s, transfers
    from (
        select id, outcome, min(entered_at) as queued_at, sum(waited_s) as wait_s, any_value(first_s) as first_s,
            sum(talked_s) as talk_s, count_if(ends like '%TRANSFER') as transfers
        from calls join (select * exclude (n, person, ref, dialled, route, position) from visits_of_queues) using (id)
        join {BEFORE_ANSWER} using (id)
        group by id, outcome
    ) left join (select id, acw_s from desk_calls) using (id)
    union all
    select 'chat', outcome, started_at, wait_s, wait_s, talk_s + acw_s, 0 from chats
)
select channel, count(*) as calls_offered,
    count_if(outcome = 'handled') / count_if(waited) as answer_rate,
    count_if(outcome = 'handled' and first_s <= 20) / count_if(waited) as service_level,
    count_if(outcome = 'abandoned' and waited) / count_if(waited) as abandonment_rate,
    sum(first_s) filter (outcome = 'handled') / count_if(outcome = 'handled') as average_speed_of_answer,
    sum(handle_s) filter (outcome = 'handled') / count_if(outcome = 'handled') as average_handle_time,
    count_if(outcome = 'handled' and transfers > 0) / count_if(outcome = 'handled') as transfer_rate
from (select *, outcome = 'handled' or (outcome = 'abandoned' and wait_s >= 5) as waited from contacts)
group by channel
"""
RECEIVED = """
select case when outcome in ('menu', 'left_menu') then 'ivr' else 'phone' end as channel, count(*) as contacts_received
from calls group by all
union all select 'chat', count(*) from chats where bot is null -- what a bot handed over came to the bot
union all select 'chatbot', count(*) from bot_conversations
union all select 'callback', 0
union all select 'form', count(*) from forms
union all select 'email', count(*) from tickets where kind = 'request'
"""
ASKED = """
with scores as (
    select case tool when 'Téléphonie' then 'phone' when 'Chat' then 'chat' when 'FAQ' then 'faq' else 'email' end
            as channel,
        csat, ces, case when not spelt then nps end as nps
    from answers
)
select channel,
    count_if(csat >= 4) / count(csat) as csat,
    100 * (count_if(nps >= 9) - count_if(nps <= 6)) / count(nps) as nps,
    count_if(ces >= 5) / count(ces) as ces2_top_box
from scores group by channel
"""
VISITED = """
select 'web' as channel, count(*) as visits from visits where not robot
union all select 'faq', count(*) from faq_sessions
"""


@pytest.mark.parametrize(
    "truth", [ASSISTED, RECEIVED, ASKED, VISITED], ids=["assisted", "received", "asked", "visited"]
)
def test_figures_by_channel_are_those_of_hand_written_sql(demo: Demo, truth: str) -> None:
    drawn = demo.con.execute(truth)
    names = [column[0] for column in drawn.description or ()]
    expected = {row[0]: dict(zip(names[1:], row[1:], strict=True)) for row in drawn.fetchall()}
    rows = Workbench(demo.folder, plugins="asterisk").rows("kpi", "query", *names[1:], "--by", "channel")
    for channel, figures in expected.items():
        (row,) = (row for row in rows if row["channel"] == channel)
        for name, figure in figures.items():
            assert float(row[name]) == pytest.approx(float(figure), rel=1e-9), (channel, name)


def test_figures_by_queue_are_those_of_the_switch(demo: Demo) -> None:
    """A contact counts in the queue that answered it, else in its last one, with the waits of its queues until then."""
    names = ("calls_offered", "answer_rate", "abandonment_rate", "average_speed_of_answer")
    drawn = demo.con.execute(
        f"""
        with contacts as (
            select {OF_ITS_VISITS} as queue, outcome, any_value(first_s) as first_s,
                outcome = 'handled' or (outcome = 'abandoned' and sum(waited_s) >= 5) as waited
            from calls join (select id, queue, seq, answered, waited_s from visits_of_queues) using (id)
            join {BEFORE_ANSWER} using (id)
            group by id, outcome
        )
        select queue, count(*), count_if(outcome = 'handled') / count_if(waited),
            count_if(outcome = 'abandoned' and waited) / count_if(waited),
            sum(first_s) filter (outcome = 'handled') / count_if(outcome = 'handled')
        from contacts group by queue
        """
    ).fetchall()
    assert len(drawn) > 10
    asked = ("kpi", "query", *names, "--by", "queue", "--where", "channel = 'phone'")
    found = {row["queue"]: row for row in Workbench(demo.folder, plugins="asterisk").rows(*asked)}
    for queue, *figures in drawn:
        assert [float(found[queue][name]) for name in names] == pytest.approx(list(map(float, figures)), rel=1e-9)


def test_local_days_are_right_through_both_clock_changes(demo: Demo) -> None:
    truth = dict(
        demo.con.execute(
            """
            select strftime(local_of(started_at), '%Y-%m-%d'), count(*) from visits where not robot group by 1
            """
        ).fetchall()
    )
    rows = Workbench(demo.folder, plugins="asterisk").rows(
        "kpi", "query", "visits", "--every", "day", "--where", "channel = 'web'"
    )
    assert {row["period_start"][:10]: row["visits"] for row in rows if row["visits"]} == truth
    assert len(rows) == 365


def test_every_command_of_the_readme_runs(demo: Demo) -> None:
    readme = (demo.folder / "README.md").read_text(encoding="utf-8")
    assert "{" not in re.sub(r"(?s)```.*?```", "", readme)
    blocks = "".join(re.findall(r"(?ms)^```sh\n(.*?)^```", readme))
    commands = [command for line in blocks.splitlines() for command in line.partition("  #")[0].split("&&")]
    assert len(commands) > 10
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "omnictl"
        Workbench(demo.folder, plugins="asterisk").call(*arguments)


def test_the_own_kpi_passes_its_tests_and_says_what_it_does_not_know(demo: Demo) -> None:
    workbench = Workbench(demo.folder, plugins="asterisk")
    workbench.call("kpi", "check")
    (row,) = workbench.rows("kpi", "query", "claim_call_share", "--parts")
    known = "source = 'calls' and channel = 'phone' and intent is not null"
    claims, calls, unknown = demo.one(
        f"""
        select count_if({known} and intent like 'claim%'), count_if({known}),
            count_if(channel = 'phone' and excluded = '' and intent is null)
        from store.interactions
        """
    )
    parts = ("numerator", "denominator", "unknown")
    assert [row[f"claim_call_share_{part}"] for part in parts] == [claims, calls, unknown]
