"""`--links probable` on the line: the same question over people who are likely, worked out by hand."""

from __future__ import annotations

import pytest
from workbench import Workbench

# Nobody knows whose visit 1 is: Anne's by 0.6, who calls an hour later, or Bea's by 0.3, who calls two days later.
# Visit 2 is Anne's, and nothing follows it. Data reaches to the end of 20 March.
CONTACTS = """\
id,customer,channel,start,outcome
1,anne,phone,2026-03-04 11:00,handled
2,bea,phone,2026-03-06 10:00,handled
3,,phone,2026-03-21 00:00,abandoned
"""
VISITS = """\
id,customer,start
1,,2026-03-04 10:00
2,anne,2026-03-09 10:00
"""
WORKSPACE = """\
workspace: small
timezone: Europe/Paris
country: FR
sources:
  desk:
    connector: table
    path: contacts.csv
    timezone: Europe/Paris
    columns: {interaction_id: id, channel: channel, started_at: "strptime(start, '%Y-%m-%d %H:%M')", outcome: outcome}
    identifiers: {customer_id: customer}
  site:
    connector: table
    path: visits.csv
    timezone: Europe/Paris
    columns: {interaction_id: id, channel: "'web'", started_at: "strptime(start, '%Y-%m-%d %H:%M')"}
    identifiers: {customer_id: customer}
    until: 2026-03-21
identity: {link_on: [customer_id]}
"""
CANDIDATES = """
insert into candidates
select v.source, v.interaction_id, p.person_id, case when p.interaction_id = '1' then 0.6 else 0.3 end, 'told by a test'
from interactions as v
join identities as p on p.source = 'desk' and p.person_id is not null
where v.source = 'site' and v.interaction_id = '1'
"""
AFTER = ("journey", "repeat", "--after", "web", "--then", "phone", "--within", "2h,72h")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    bench = Workbench(tmp_path_factory.mktemp("links"))
    for name, text in (("contacts.csv", CONTACTS), ("visits.csv", VISITS)):
        bench.write(name, text)
    bench.workspace(WORKSPACE)
    with pytest.MonkeyPatch.context() as patch:
        found = "omnictl.identity.stage.probable.find_candidates"
        patch.setattr(found, lambda workspace, connection, some: connection.execute(CANDIDATES) and "")
        bench.call("run")
    return bench


def test_query(small: Workbench) -> None:
    (row,) = small.rows("kpi", "query", "phone_after_web_rate", "--parts", "--links", "probable")
    told = {name.removeprefix("phone_after_web_rate_"): value for name, value in row.items()}
    assert (told["numerator"], told["denominator"], told["probable"], told["unidentified"]) == (0.6, 1.9, 0.9, 0.1)
    (certain,) = small.rows("kpi", "query", "phone_after_web_rate", "--parts", "--links", "certain")
    assert certain["phone_after_web_rate_denominator"] == 1
    said = small.call("kpi", "query", "phone_after_web_rate", "--links", "probable")
    assert "by probable links: 47.4 % of 1.9 rows judged" in said.stderr
    text = small.call("kpi", "query", "phone_after_web_rate", "--links", "probable", "--parts", "--format", "csv")
    assert ",0.6,1.9,1.9,0,0,0.1,0.9" in text.stdout


def test_the_definition_says_links(small: Workbench) -> None:
    (row,) = small.rows("kpi", "query", "phone_after_web_rate", "--long", "--links", "probable")
    assert row["definition"].endswith("; links: probable")


def test_compile(small: Workbench) -> None:
    asked = ("kpi", "compile", "phone_after_web_rate")
    assert "followups_probable" in small.call(*asked, "--links", "probable").stdout
    assert small.call(*asked, "--links", "certain").stdout == small.call(*asked).stdout
    spark = small.call(*asked, "--links", "probable", "--dialect", "spark").stdout
    assert "not verified" not in spark


def test_repeat_tells_what_the_kpi_tells(small: Workbench) -> None:
    """Within two hours Anne's call, within three days Bea's too."""
    rows = small.rows(*AFTER, "--links", "probable")
    assert [(row["numerator"], row["denominator"]) for row in rows] == [(0.6, 1.9), (0.9, 1.9)]
    card = small.call(*AFTER, "--links", "probable").stderr
    assert "1.90 contacts of known people, 0.10 of nobody known" in card and "; probable links, by weight" in card
    assert "; certain links" in small.call(*AFTER).stderr


def test_matrix(small: Workbench) -> None:
    rows = small.rows("journey", "matrix", "--links", "probable", "--where", "channel = 'web'")
    told = {row["next_channel"]: row["interactions"] for row in rows}
    assert told == {"phone": 0.9, None: 1}
    said = small.call("journey", "matrix", "--links", "probable").stderr
    assert "probable links, by weight" in said and "by probable links" in said


@pytest.mark.parametrize("what", ["--list", "--curve"])
def test_single_contacts_are_of_certain_people(small: Workbench, what: str) -> None:
    said = small.call(*AFTER[:6], what, "--links", "probable", expect=2)
    assert "certain" in said.stderr


def test_counting_people_is_refused(small: Workbench) -> None:
    said = small.call("kpi", "query", "unique_contacting_customers", "--links", "probable", expect=2)
    assert "[links-not-weighed]" in said.stderr and "leave out --links" in said.stderr
