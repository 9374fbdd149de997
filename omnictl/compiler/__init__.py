"""The compiler: KPIs and a question in, one SELECT and a table out."""

from __future__ import annotations

from omnictl.compiler.answer import Answer
from omnictl.compiler.ask import ask
from omnictl.compiler.period import now_in, period_of
from omnictl.compiler.question import EVERY, Period, Question

__all__ = ["EVERY", "Answer", "Period", "Question", "ask", "now_in", "period_of"]
