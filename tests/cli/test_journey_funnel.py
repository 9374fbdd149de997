"""`omnictl journey funnel` on contacts and visits worked out by hand, and the traps correct tools have fallen into."""

from __future__ import annotations

import pytest
from desk_and_site import HEAD, LINKED, SITE, desk, loaded
from workbench import Workbench

# Local times of Paris; clocks go forward on 29 March 2026. Data reaches to 2 April 00:00.
CONTACTS = """\
id,customer,channel,intent,start,end,outcome,direction
1,A,phone,bill,2026-03-02 10:00,2026-03-02 10:05,handled,inbound
2,A,phone,bill,2026-03-02 18:00,2026-03-02 18:05,handled,inbound
3,B,phone,bill,2026-03-03 09:59,2026-03-03 10:10,abandoned,inbound
4,C,chat,move,2026-03-04 09:10,2026-03-04 09:20,handled,inbound
5,C,phone,move,2026-03-04 09:40,2026-03-04 09:50,handled,inbound
6,D,phone,bill,2026-03-29 11:30,2026-03-29 11:40,handled,inbound
7,E,phone,bill,2026-03-30 10:00,2026-03-30 10:10,handled,outbound
8,F,phone,bill,2026-04-01 09:00,2026-04-01 09:10,handled,inbound
9,,phone,bill,2026-04-02 00:00,2026-04-02 00:00,handled,outbound
"""
VISITS = """\
id,customer,intent,start,end
1,A,bill,2026-03-02 09:00,2026-03-02 09:20
2,B,bill,2026-03-03 09:00,2026-03-03 09:30
3,C,move,2026-03-04 09:00,2026-03-04 09:30
4,D,bill,2026-03-28 23:00,2026-03-28 23:30
5,E,bill,2026-03-30 09:00,2026-03-30 09:30
6,F,bill,2026-04-01 08:00,2026-04-01 08:30
7,,bill,2026-03-10 08:00,2026-03-10 08:30
8,,,2026-04-02 00:00,2026-04-02 00:00
"""
PAGES = """\
id,visit,seen,type,page
a,1,2026-03-02 09:00,page,/bill
b,1,2026-03-02 09:05,article,a12
c,1,2026-03-02 09:10,form_submit,complaint
d,2,2026-03-03 09:00,page,/bill/pay
e,2,2026-03-03 09:10,article,a12
f,3,2026-03-04 09:00,page,/move/in/out
g,3,2026-03-04 09:05,article,a7
h,3,2026-03-04 09:06,article,a12
i,8,2026-04-02 00:00,page,/
"""
WORKSPACE = HEAD + "sources:\n" + desk() + SITE + LINKED


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    return loaded(tmp_path_factory.mktemp("funnels"), WORKSPACE, contacts=CONTACTS, visits=VISITS, pages=PAGES)


def reached(bench: Workbench, *args: str) -> list[int]:
    return [row["units"] for row in bench.rows("journey", "funnel", *args)]


def test_figures_by_hand(small: Workbench) -> None:
    """Within an hour: A after 60 minutes, B after 59, C after 40; D the next day, E was called, F is still open."""
    rows = small.rows("journey", "funnel", "web", "phone", "--window", "60min")
    assert rows == [
        {
            "step": 1, "label": "web", "units": 6, "share": 1.0, "share_previous": None, "dropped": 2, "immature": 0,
            "median_s": None, "mean_s": None, "median_previous_s": None, "mean_previous_s": None, "state": None,
        },
        {
            "step": 2, "label": "phone", "units": 4, "share": 4 / 6, "share_previous": 4 / 6, "dropped": None,
            "immature": 0, "median_s": 3570.0, "mean_s": 3285.0, "median_previous_s": 3570.0,
            "mean_previous_s": 3285.0, "state": None,
        },
    ]  # fmt: skip


def test_the_card_names_eighteen_things(small: Workbench) -> None:
    said = small.call("journey", "funnel", "web", "phone", "--window", "J+1", "--lang", "en").stderr
    card = [line for line in said.splitlines() if line[:2].strip().isdigit()]
    assert [int(line[:2]) for line in card] == list(range(1, 19))
    assert "6 of 7 rows of step 1 have a known person (85.7%)" not in card[1]  # 8 visits, 6 of them known
    assert "6 of 8 rows of step 1 have a known person (75.0%)" in card[1]
    assert "known up to 2026-04-02 00:00" in card[16]
    assert "Europe/Paris" in card[17]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (("page:/bill",), 1),
        (("page:/bill/**",), 1),
        (("page:/bill**",), 2),
        (("page:/*/in",), 0),
        (("page:/*/in/*",), 1),
        (("article:a12",), 3),
        (("article",), 3),
        (("form_submit",), 1),
        (("contact",), 5),
        (("visit",), 6),
        (("phone[outcome=handled]",), 4),
        (("phone[outcome=handled|abandoned,intent=bill]",), 4),
        (("phone[outcome!=handled]",), 1),
        (("phone[outcome = 'handled' and intent = 'move']",), 1),
        (("phone[direction=outbound]",), 1),
    ],
)
def test_short_forms(small: Workbench, steps: tuple[str, ...], expected: int) -> None:
    """How many people did a step, whatever follows it; `login` happens nowhere."""
    assert reached(small, *steps, "login", "--window", "1 s") == [expected, 0]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("page", "article:a12", "phone", "--window", "60min"), [3, 3, 3]),
        (("page", "article:a12", "phone", "--order", "strict", "--window", "60min"), [3, 2, 1]),
        (
            ("page", "article:a12", "phone", "--order", "strict", "--strict-within", "phone", "--window", "60min"),
            [3, 3, 3],
        ),
        (("phone", "article:a12", "--order", "any", "--window", "60min"), [5, 3]),
        (("web", "chat", "phone", "--window", "60min", "--optional", "2"), [6, 1, 4]),
        (("web", "phone", "--exclude", "chat", "--window", "60min"), [5, 3]),
        (("web", "phone", "--exclude", "chat", "--exclude-effect", "drop", "--window", "60min"), [6, 3]),
        (("phone", "phone", "--window", "intra-day"), [5, 1]),
        (("web", "phone", "--window", "60min", "--ties", "later"), [6, 4]),
        (("web", "phone", "--unit", "interaction"), [4, 0]),
        (("web", "phone", "--unit", "need", "--window", "60min"), [6, 4]),
        (("web", "phone", "--window", "60min", "--period", "2026-03-04"), [1, 1]),
        (("web", "phone", "--window", "60min", "--where", "intent = 'bill'"), [5, 3]),
        (("web", "phone", "--window", "60min", "--hold", "intent"), [6, 4]),
    ],
)
def test_rules(small: Workbench, args: tuple[str, ...], expected: list[int]) -> None:
    assert reached(small, *args) == expected


def test_who_dropped_after_a_step(small: Workbench) -> None:
    """The list respects the order: B and C did all; A's article came, and no form in time."""
    args = ("journey", "funnel", "article:a12", "form_submit", "phone", "--window", "60min")
    assert reached(small, *args[2:]) == [3, 1, 1]
    rows = small.rows(*args, "--list", "1", "--dropped")
    assert [(row["interaction_id"], row["step_1_at"][:16], row["step_2_at"]) for row in rows] == [
        ("2", "2026-03-03T09:10", None), ("3", "2026-03-04T09:06", None),
    ]  # fmt: skip
    (done,) = small.rows(*args, "--list", "3")
    assert [done[f"step_{step}_at"][11:16] for step in (1, 2, 3)] == ["09:05", "09:10", "10:00"]
    assert "1 unit did step 3" in small.call(*args, "--list", "3").stderr


def test_traps(small: Workbench) -> None:
    """What other tools were found to do: repeated steps count one row twice; open windows are drop-offs; the mean is
    longer than the window; ties at a whole second are 0 %; the list ignores the order; all done is a drop-off."""
    assert reached(small, "phone", "phone", "phone", "--window", "J+1") == [4, 1, 0]  # F's is open
    first, second = small.rows("journey", "funnel", "web", "phone", "--window", "J+3")
    assert (first["units"], first["immature"], first["dropped"]) == (4, 2, 0)  # E and F could still come
    assert (second["units"], second["immature"]) == (4, 1)
    assert second["mean_s"] <= 4 * 86_400
    assert reached(small, "web", "page", "--window", "60min") == [6, 3]  # the first page is seen as the visit begins
    assert reached(small, "web", "page", "--window", "60min", "--ties", "later") == [6, 0]
    assert reached(small, "phone", "web", "--window", "60min") == [5, 0]
    assert small.rows("journey", "funnel", "phone", "web", "--window", "60min", "--list", "2") == []
    every = small.rows("journey", "funnel", "phone", "phone", "--entry", "every", "--window", "intra-day")
    assert [row["units"] for row in every] == [6, 1]
    assert every[0]["dropped"] == 5


def test_days_are_those_of_the_clock(small: Workbench) -> None:
    """From 28 March 23:00 to 29 March 11:30 are 11.5 hours by the sun, and the next day: the clock skips an hour."""
    asked = ("web", "phone", "--period", "2026-03-28")
    assert reached(small, *asked, "--window", "J+1") == [1, 1]
    assert reached(small, *asked, "--window", "intra-day") == [1, 0]
    assert reached(small, *asked, "--window", "690min") == [1, 1]
    assert reached(small, *asked, "--window", "689min") == [1, 0]


def test_by_a_cut(small: Workbench) -> None:
    def cut(*more: str) -> dict[tuple[str, int], int]:
        rows = small.rows("journey", "funnel", "web", "contact", "--window", "60min", *more)
        return {(row["channel"], row["step"]): row["units"] for row in rows}

    assert cut("--by", "channel") == {("web", 1): 6, ("web", 2): 4}
    assert cut("--by", "channel", "--attribution", "last") == {
        ("chat", 1): 1, ("chat", 2): 1, ("phone", 1): 3, ("phone", 2): 3, ("web", 1): 2, ("web", 2): 0,
    }  # fmt: skip
    assert cut("--by", "channel", "--attribution", "step")["chat", 2] == 1


FUNNEL = """\
funnel: bills
steps:
  - step: web
    where: intent = 'bill'
    label: Visits
  - {step: article, optional: true}
  - phone
window: 60min
entry: first
exclude:
  - {step: chat, between: 1-3, effect: drop}
"""


def test_a_funnel_in_a_file(small: Workbench) -> None:
    file = str(small.write("bills.yml", FUNNEL))
    rows = small.rows("journey", "funnel", "--file", file)
    assert [(row["label"], row["units"]) for row in rows] == [("Visits", 5), ("article", 2), ("phone", 3)]
    assert [row["units"] for row in small.rows("journey", "funnel", "--file", file, "--window", "59min")] == [5, 2, 1]


@pytest.mark.parametrize(
    ("wrong", "code", "place"),
    [
        ("steps: [web, phon]", "unknown-step", ":1:14"),
        ("steps: [web, phone]\nwindow: soon", "wrong-window", ":2:9"),
        ("steps: [web, phone]\nodrer: strict", "unknown-key", ":2:1"),
        ("steps: [{step: web, where: speed > 3}, phone]", "unknown-column", ":1:28"),
        ("steps: [web, phone]\nties: grace", "unknown-value", ":2:7"),
        ("steps: [web, phone]\nexclude: [{step: chat, between: x}]", "unknown-value", ":2:33"),
        ("window: 60min", "missing-key", ":1:1"),
    ],
)
def test_faults_of_a_file_have_a_place(small: Workbench, wrong: str, code: str, place: str) -> None:
    said = small.call("journey", "funnel", "--file", str(small.write("wrong.yml", wrong)), expect=2).stderr
    assert f"[{code}]" in said
    assert f"wrong.yml{place}" in said


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("web", "phone", "--order", "any", "--anchor", "step", "--window", "60min"), "a window per step"),
        (("web", "phone", "--anchor", "step"), "a window per step is rolling"),
        (("web", "phone", "--order", "strict", "--ties", "grace=2s"), "strict and a grace"),
        (("web", "phone", "--optional", "1"), "cannot be optional"),
        (("web", "phone", "--order", "any", "--entry", "every"), "every attempt and any order"),
        (("web", "phone", "phone[outcome=handled]", "--order", "any"), "one row can be step 2 and step 3"),
        (("web", "phone", "--exclude", "chat", "--exclude-between", "2-5"), "lies between two steps"),
        (("web", "phone", "--anchor", "step", "--window", "60min", "--exclude", "chat"), "a window per step"),
        (("web", "phone", "--strict-within", "phone"), "broken by nothing"),
        (("web",), "2 to 10 steps"),
        (("web", "phone[next_contact_days = 1]"), "window-missing"),
        (("web", "phone[outcome = (select 1)]"), "not-accepted"),
        (("faqs", "phone"), "did you mean `faq`"),
        (("web:home", "phone"), "page:home"),
        (("web", "phone", "--by", "attributes"), "personal"),
        ((), "name the steps"),
        (("web", "phone", "--dropped"), "--list"),
        (("web", "phone", "--list", "3"), "there are 2 steps"),
    ],
)
def test_what_cannot_be_right_is_refused_by_name(small: Workbench, args: tuple[str, ...], said: str) -> None:
    assert said in small.call("journey", "funnel", *args, expect=2).stderr


def test_few_people_are_hidden(small: Workbench) -> None:
    small.workspace(WORKSPACE + "privacy: {floor: 3}\n")
    try:
        rows = small.rows("journey", "funnel", "web", "phone", "--window", "60min", "--by", "intent")
    finally:
        small.workspace(WORKSPACE)
    assert [(row["intent"], row["step"], row["units"], row["state"]) for row in rows] == [
        ("bill", 1, None, "hidden"), ("bill", 2, None, "hidden"),
        ("move", 1, None, "hidden"), ("move", 2, None, "hidden"),
    ]  # fmt: skip


def test_paths_by_hand(small: Workbench) -> None:
    """A: web, phone twice; B and F: web, phone; C: web, chat, phone; D and E: web, the call of D within a day."""
    rows = small.rows("journey", "paths", "--within", "J+1", "--where", "direction = 'inbound'")
    assert [(row["path"], row["units"], row["paths"], row["contacts"]) for row in rows] == [
        ("web > phone", 3, 3, 3), ("web > chat > phone", 1, 1, 1), ("web", 1, 1, 0),
    ]  # fmt: skip
    assert [row["share"] for row in rows] == [3 / 5, 1 / 5, 1 / 5]
    assert rows[0]["handled"] == 2  # B gave up


def test_the_silence_of_paths_begins_when_what_was_before_is_over(small: Workbench) -> None:
    rows = small.rows("journey", "paths", "--within", "35min")
    # B and F call 29 and 30 minutes after their visits of half an hour, A 40 after one of 20; C does both at once.
    assert {row["path"]: row["units"] for row in rows} == {
        "web > phone": 2, "phone": 2, "web": 3, "web > chat > phone": 1
    }  # fmt: skip


def test_paths_after_and_before(small: Workbench) -> None:
    after = small.rows("journey", "paths", "--after", "chat", "--within", "J+1")
    assert [(row["path"], row["units"]) for row in after] == [("chat > phone", 1)]
    before = small.rows("journey", "paths", "--before", "phone", "--within", "60min")
    told = {row["path"]: (row["units"], row["missed_units"], row["ended"]) for row in before}
    assert told == {
        "web > phone": (3, 2, 3 / 5), "(nothing before) > phone": (2, 0, 1.0), "web > chat > phone": (1, 0, 1.0),
    }  # fmt: skip
    pages = small.rows("journey", "paths", "--before", "phone", "--level", "article", "--within", "60min")
    assert {row["path"]: row["units"] for row in pages}["a7 > a12 > phone"] == 1


def test_other_paths(small: Workbench) -> None:
    first, others = small.rows("journey", "paths", "--within", "J+1", "--min", "2")
    assert (first["path"], first["others"], others["path"], others["others"], others["units"]) == (
        "web > phone", None, None, 2, 2,
    )  # fmt: skip
    said = small.call("journey", "paths", "--within", "J+1", "--top", "1", "--lang", "fr").stdout
    assert "2 autres parcours" in said
    small.workspace(WORKSPACE + "privacy: {floor: 3}\n")
    try:
        (only,) = small.rows("journey", "paths", "--within", "J+1")
    finally:
        small.workspace(WORKSPACE)
    assert (only["path"], only["others"], only["units"]) == (None, 3, 5)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--after", "faq", "--before", "phone"), "not both"),
        (("--after", "nowhere"), "unknown-step"),
        (("--within", "soon"), "wrong-window"),
        (("--where", "speed = 1"), "unknown-column"),
    ],
)
def test_paths_that_cannot_be(small: Workbench, args: tuple[str, ...], said: str) -> None:
    assert said in small.call("journey", "paths", *args, expect=2).stderr
