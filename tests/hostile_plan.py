"""A tracking plan whose every text wants to be something else: a script, markup, a formula, a cell of its own."""

from __future__ import annotations

from decimal import Decimal

from tracking_plans import event, plan_of, prop, source

from omnictl.tracking.document import Owner, Owners
from omnictl.tracking.plan import Feed, Need, Plan, PlannedKpi

EVIL = "=1+1</script><script>alert(1)</script><img src=x onerror=alert(1)> | `a` **b** [x](javascript:alert(1))\n# c"
TEXTS = {"en": EVIL, "fr": EVIL}


def hostile_plan() -> tuple[Plan, Owners]:
    """The plan, and its owners."""
    evil = prop(
        EVIL, required=True, meaning=TEXTS, unit=EVIL, values=(EVIL,), looked_for=(EVIL, "b"), low=Decimal(0),
        privacy="personal", kpis=(EVIL,), helps=("other",), cuts=(EVIL,), purposes=(EVIL, "need", "purpose"),
        feeds=(Feed(EVIL, (EVIL, "a"), EVIL),), name=EVIL,
    )  # fmt: skip
    identifier = prop("identifier." + EVIL, privacy="pseudonym", name=EVIL, meaning=TEXTS)
    more = {"name": EVIL, "owner": EVIL, "meaning": TEXTS, "version": EVIL}
    given = event("steps", EVIL, evil, identifier, kind=EVIL, sources=(EVIL,), **more)
    waiting = event("steps", None, evil, **more)
    fed = source(EVIL, given.id, method=EVIL, owner=EVIL, store=EVIL, retention=EVIL)
    kpi = PlannedKpi(EVIL, TEXTS, EVIL, EVIL, (EVIL,), ("need",), ("rates", EVIL), TEXTS)
    need = Need("need", TEXTS, TEXTS, EVIL, (EVIL,), (EVIL,), (EVIL,))
    plan = plan_of(
        given, waiting, sources=(fed,), id=EVIL, version=EVIL, title=TEXTS, owner=EVIL, naming=EVIL,
        kpis=(kpi,), needs=(need,), purposes={"purpose": TEXTS},
    )  # fmt: skip
    return plan, Owners((Owner(EVIL, "acts", "solution", EVIL, TEXTS), Owner(EVIL, "pools", "source", EVIL, {})))
