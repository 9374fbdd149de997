"""The statements of linking stay in what every engine understands."""

from __future__ import annotations

import pytest
from identity_bench import Linked, Seen, rules
from portable import Listening, faults

from omnictl.identity import increment
from omnictl.ingest import touched
from omnictl.stages import forget_unbuilt

STORE_KEEPS = ("insert or replace into meta", "insert into runs", "select value from meta")  # of the store, not of link


def test_link_runs_on_portable_sql() -> None:
    store = Linked(rules("customer_id", "token", "phone", limits={"phone": 1}, busy={"phone": 1, "customer_id": 1}))
    many = [Seen(f"m{n}", [("customer_id", n), ("phone", 1), ("phone", 2)]) for n in range(3)]
    store.given([*many, Seen("a", [("customer_id", 9), ("token", 1)]), Seen("b", [("token", 1), ("phone", 3)])]).link()
    store.given(many)
    listening = Listening(store.connection)
    store.connection = listening  # type: ignore[assignment]
    store.link()
    texts = [text for text in listening.heard if not text.startswith(STORE_KEEPS)]
    assert len(texts) > 30
    assert {fault for text in texts for fault in faults(text)} == set()


def test_an_increment_runs_on_portable_sql(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that is cut before and after, one that is cut no longer, and people who change."""
    monkeypatch.setattr(increment, "PART", 0)
    monkeypatch.setattr(touched, "PART", 0)
    store = Linked(rules("customer_id", "token", "phone", limits={"phone": 1}, busy={"phone": 1, "customer_id": 1}))
    many = [Seen(f"m{n}", [("customer_id", n), ("phone", 1), ("phone", 2)]) for n in range(3)]
    others = [Seen("a", [("customer_id", 9), ("token", 1)]), Seen("b", [("token", 1), ("phone", 3)])]
    store.given([*many, *others, Seen("c", [("customer_id", 8), ("phone", 3)])]).link()
    forget_unbuilt(store.connection)
    store.given([*many, Seen("m3", [("phone", 1), ("token", 1)]), *others])
    listening = Listening(store.connection)
    store.connection = listening  # type: ignore[assignment]
    store.link()
    texts = [text for text in listening.heard if not text.startswith(STORE_KEEPS)]
    assert any("temp table some_identifiers" in text for text in texts)
    assert any("update carriers" in text for text in texts)
    assert any("delete from bundles where exists" in text for text in texts)
    assert {fault for text in texts for fault in faults(text)} == set()


@pytest.mark.parametrize(
    "text",
    [
        "select unnest([1, 2])",
        "select list(x) from t",
        "select arg_max(a, b) from t",
        "select a / b from t",
        "select date_diff('hour', a, b) from t",
        "select a from t group by all",
        "select * from t asof join u on t.a >= u.a",
        "select string_agg(a, ',') from t",
        "select hash(a) from t",
        "select list_transform(a, lambda x: x + 1) from t",
        "select strftime(a, '%Y') from t",
    ],
)
def test_the_lint_sees_what_is_not(text: str) -> None:
    assert faults(text)


def test_the_lint_lets_through_what_is() -> None:
    text = "select a, sum(b) * 1.0 / nullif(count(*), 0) as r, row_number() over (order by a) from t group by a"
    assert faults(text) == []
    assert faults("select date_diff('second', a, lead(a, 3) over (partition by b order by a)) from t") == []
