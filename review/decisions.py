"""Decisions on issues: who decided what and why, kept for good and audited (SCOPE S10–S12)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from processing.alerts import outbox
from processing.db import Connection
from processing.errors import LangNgheError
from processing.scrub.core import words
from review import queries
from review.words import _

STATES = {"confirm": "confirmed", "dismiss": "dismissed", "assign": "assigned", "answered": "answered", "close": "closed", "reopen": "new"}
"""Decision → state of the issue. A closed list: there is no takedown, referral or report of an account (SCOPE S10)."""


class DecisionError(LangNgheError):
    """The decision cannot be taken as asked."""


def decide(conn: Connection, public_id: UUID, user_id: int, decision: str, reason: str, service_id: int | None, now: datetime) -> None:
    """Record a decision and set the issue's state, in the caller's transaction. Raises DecisionError with the cure."""
    if decision not in STATES:
        raise DecisionError(_("unknown decision"), _("choose one of those the page offers"))
    if decision == "dismiss" and not reason.strip():
        raise DecisionError(_("a dismissal needs a reason"), _("write in a few words why"))
    if decision == "assign" and service_id is None:
        raise DecisionError(_("an assignment needs a service"), _("choose the service that can put it right"))
    row = conn.execute(queries.ISSUE_BY_PUBLIC_ID, [public_id]).fetchone()
    if row is None:
        raise DecisionError(_("there is no such issue"), _("it may have been removed on request; go back to the list"))
    reason = words(reason)
    service = service_id if decision == "assign" else None
    decided = conn.execute(
        queries.ISSUE_SET, {"state": STATES[decision], "reason": reason, "service": service, "now": now, "issue": row["id"]}
    ).fetchall()
    conn.execute(queries.DECIDE, [now, user_id, "issue", row["id"], decision, reason, service])
    conn.execute(queries.AUDIT, [f"user:{user_id}", "decide", f"issue:{public_id}", Jsonb({"decision": decision}), now])
    if decision == "assign":
        outbox.enqueue_assignment(conn, row["id"], now)
    if decision == "dismiss":  # whoever was sent the signal learns that it no longer stands (SCOPE S12)
        for one in decided:
            outbox.enqueue_correction(conn, f"issue.{one['public_id']}", f"dismissed {now.isoformat()}", reason, now)
