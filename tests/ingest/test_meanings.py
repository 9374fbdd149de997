"""Match rules on data: queues, pages, menu nodes and codes get intents, solutions and lines of business."""

from __future__ import annotations

from ingest_bench import HEAD, Bench

from omnictl.ingest.ledger import Corrections

REFERENTIAL = """
intents:
  claim: {label: Claim}
  cancel: {label: Cancel}
  quote: {label: Quote}
solutions:
  faq_claim: {label: Claim FAQ, channel: faq, intents: [claim]}
  form_all: {label: Form, channel: form, intents: [claim, quote]}
match:
  - {queue: "home*", business_line: home}
  - {wrap_up: "CAN*", source: crm, intent: cancel}
  - {queue: "*_claims", intent: claim, business_line: other}
  - {page: "/claims/**", solution: faq_claim}
  - {page: "/offers/*", intent: quote, solution: form_all}
  - {ivr_node: "2.1", intent: claim}
  - {queue: "*_claims", intent: quote}
"""
SOURCE = """
    crm:
      connector: table
      path: crm.csv
      columns:
        interaction_id: id
        channel: "'phone'"
        started_at: "'2026-05-01'"
        intent: intent
        queue: queue
        wrap_up: code
        page: page
        ivr_node: node
"""


def meanings(bench: Bench, *lines: str, source: str = SOURCE) -> dict[str, tuple[str | None, ...]]:
    bench.write("referential.yml", REFERENTIAL)
    bench.write("crm.csv", "id,intent,queue,code,page,node\n" + "\n".join(lines) + "\n")
    bench.sources(source, head=HEAD + "referential: referential.yml\n")
    bench.load()
    rows = bench.query("select interaction_id, intent, intent_source, solution, business_line from interactions")
    return {row[0]: row[1:] for row in rows}


def test_first_rule_that_gives_it(bench: Bench) -> None:
    found = meanings(
        bench,
        "1,,HOME_claims,,,",  # capitals matter not; the first rule gives the line, a later one the intent
        "2,,car_claims,CANX,,",  # the code's rule stands before the queue's
        "3,quote,car_claims,CANX,,",  # what the export says stays
        "4,,,,https://www.acme.fr/claims/declare?x=1,",  # the solution, and by it the intent
        "5,,,,/offers/home,",
        "6,,,,/offers/home/2026,",  # * stops at /
        "7,,,,,2.1",
        "8,,other,X,/x,3",
    )
    assert found == {
        "1": ("claim", "queue", None, "home"),
        "2": ("cancel", "wrap_up", None, "other"),
        "3": ("quote", "export", None, "other"),
        "4": ("claim", "solution", "faq_claim", None),
        "5": ("quote", "page", "form_all", None),
        "6": (None, None, None, None),
        "7": ("claim", "ivr_node", None, None),
        "8": (None, None, None, None),
    }


def test_what_is_unmapped_is_ranked(bench: Bench) -> None:
    meanings(bench, "1,,car_claims,,,", "2,,sales,A,/x,", "3,,sales,B,/x,", "4,,mail,,/x,9", "5,quote,sales,A,/x,9")
    assert bench.query("select kind, value, row_count from unmapped order by kind, row_count desc, value") == [
        ("ivr_node", "9", 1),
        ("page", "/x", 3),
        ("queue", "sales", 2),
        ("queue", "mail", 1),
        ("wrap_up", "A", 1),
        ("wrap_up", "B", 1),
    ]


def test_a_rule_of_another_source_does_not_apply(bench: Bench) -> None:
    bench.write("referential.yml", REFERENTIAL)
    bench.write("crm.csv", "id,code\n1,CANX\n")
    columns = "columns: {interaction_id: id, channel: \"'phone'\", started_at: \"'2026-05-01'\", wrap_up: code}"
    bench.sources(
        f"""
        crm: {{connector: table, path: crm.csv, {columns}}}
        other: {{connector: table, path: crm.csv, {columns}}}
        """,
        head=HEAD + "referential: referential.yml\n",
    )
    bench.run()
    assert bench.query("select source, intent from interactions order by 1") == [("crm", "cancel"), ("other", None)]


def test_the_entry_point_stands_in_for_the_page(bench: Bench) -> None:
    source = SOURCE.replace("page: page", "entry_point: page").replace("'phone'", "'web'")
    assert meanings(bench, "1,,,,/claims,", source=source)["1"] == ("claim", "solution", "faq_claim", None)
    assert bench.value("select entry_point from interactions") == "/claims"


def test_visits_take_the_intent_of_the_first_page_seen_that_has_one(bench: Bench) -> None:
    bench.write("referential.yml", REFERENTIAL.replace(", source: crm", ""))
    bench.write("visits.csv", "id,intent\nv1,\nv2,\nv3,cancel\nv4,\n")
    steps = [
        "s1,v1,2026-05-01 10:00,page,/home",
        "s3,v1,2026-05-01 10:02,page,/claims/2",
        "s2,v1,2026-05-01 10:01,page,/offers/home",
        "s4,v2,2026-05-01 10:00,search,/claims/3",
        "s5,v3,2026-05-01 10:00,page,/claims/3",
        "s6,v4,2026-05-01 10:00,article,/claims/3",
    ]
    bench.write("steps.csv", "step,visit,at,type,what\n" + "\n".join(steps) + "\n")
    sources = """
        web:
          connector: table
          path: visits.csv
          columns: {interaction_id: id, channel: "'web'", started_at: "'2026-05-01'", intent: intent}
        pages:
          connector: table
          path: steps.csv
          relation: steps
          columns: {step_id: step, interaction_id: visit, occurred_at: at, type: type, object: what}
        """
    bench.sources(sources, head=HEAD + "referential: referential.yml\n")
    bench.run()
    asked = "select interaction_id, intent, intent_source, solution from interactions order by 1"
    before = [
        ("v1", "quote", "page", "form_all"),
        ("v2", None, None, None),
        ("v3", "cancel", "export", None),
        ("v4", "claim", "page", "faq_claim"),
    ]
    assert bench.query(asked) == before
    assert bench.query("select step_id, intent from steps where intent is not null order by 1") == [
        ("s2", "quote"),
        ("s3", "claim"),
        ("s5", "claim"),
        ("s6", "claim"),
    ]
    assert bench.value("select filled from fills where source = 'web' and column_name = 'intent'") == 3
    bench.write("steps.csv", "step,visit,at,type,what\n" + "\n".join(steps[3:]) + "\n", minutes=3)
    bench.run()
    assert bench.query(asked) == [("v1", None, None, None), *before[1:]]
    assert bench.value("select filled from fills where source = 'web' and column_name = 'intent'") == 2
    bench.run(corrections=Corrections(full=True))
    assert bench.query(asked) == [("v1", None, None, None), *before[1:]]


def test_a_step_of_two_visits_with_one_id_gives_neither_an_intent(bench: Bench) -> None:
    bench.write("referential.yml", REFERENTIAL.replace(", source: crm", ""))
    bench.write("a.csv", "id\n1\n")
    bench.write("b.csv", "id\n1\n2\n")
    bench.write("steps.csv", "step,visit,what\ns1,1,/claims\ns2,2,/claims\n")
    visits = "columns: {interaction_id: id, channel: \"'web'\", started_at: \"'2026-05-01'\"}"
    bench.sources(
        f"""
        a: {{connector: table, path: a.csv, {visits}}}
        b: {{connector: table, path: b.csv, {visits}}}
        pages:
          connector: table
          path: steps.csv
          relation: steps
          columns: {{step_id: step, interaction_id: visit, occurred_at: "'2026-05-01'", type: "'page'", object: what}}
        """,
        head=HEAD + "referential: referential.yml\n",
    )
    bench.run()
    assert bench.query("select source, interaction_id, intent from interactions order by all") == [
        ("a", "1", None),
        ("b", "1", None),
        ("b", "2", "claim"),
    ]
