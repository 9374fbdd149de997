"""What people read of a tracking plan: one page for those who ask and those who implement, and one flat table.

The same plan gives the same bytes: a document in a repository is compared with what the plan gives now.
"""

from __future__ import annotations

from typing import Literal

from omnictl.tracking.document.owners import Owner, Owners, owners_of
from omnictl.tracking.document.rows import narrow_table, plan_table
from omnictl.tracking.plan import Plan

Form = Literal["html", "md"]
FORMS: tuple[Form, ...] = ("html", "md")

__all__ = ["FORMS", "Form", "Owner", "Owners", "document", "narrow_table", "owners_of", "plan_table"]


def document(plan: Plan, *, lang: str, form: Form, owners: Owners) -> str:
    """The plan as one page, as the text of its file.

    Args:
        lang: `en` or `fr`; texts the plan does not have in it stand in the other one.
        form: `html` stands alone: it fetches nothing and is read without scripts; `md` is for a repository.
    """
    from omnictl.render.document_html import html_page
    from omnictl.render.document_markdown import markdown_page
    from omnictl.tracking.document.pages import plan_page

    page = plan_page(plan, lang, owners)
    return html_page(page) if form == "html" else markdown_page(page)
