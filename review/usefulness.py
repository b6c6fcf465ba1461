"""How useful the signals were, from analysts' own decisions: precision by topic with its interval, and needless alarms against the budget."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from processing.alerts.blocks import topic_name
from processing.db import Connection
from processing.hotspots.options import load_detection
from processing.i18n import catalogue
from processing.reference import config_file
from review import queries
from review.render import HERE, number

DAYS = 28
ENOUGH = 10  # decisions from which a share says something


@dataclass(frozen=True)
class Budget:
    """Needless alarms a day the board is ready to read, and what the last DAYS days brought. `needless_a_day` is None while too little is decided."""

    allowed: float
    raised_a_day: float
    needless_a_day: float | None
    decided: int

    @property
    def over(self) -> bool:
        return self.needless_a_day is not None and self.needless_a_day > self.allowed


def by_topic(conn: Connection) -> list[dict[str, Any]]:
    """Rows of `signal_precision`, most decided first, the sum over all topics (topic '') at the end where there are several."""
    return conn.execute(queries.PRECISION).fetchall()


def budget(conn: Connection, now: datetime) -> Budget:
    """The alarm budget of config/detection.toml beside the last DAYS days: alarms raised, and how many of those were dismissed.

    Alarms nobody decided on are counted as dismissed in the share that the decided ones were.
    """
    row = conn.execute(queries.RAISED_LATELY, {"since": now - timedelta(days=DAYS)}).fetchone()
    assert row is not None
    raised = row["raised"] / DAYS
    share = row["dismissed"] / row["decided"] if row["decided"] >= ENOUGH else None
    return Budget(load_detection(config_file("detection.toml")).alerts_a_day, raised, None if share is None else raised * share, row["decided"])


def lines(conn: Connection, now: datetime, language: str) -> list[str]:
    """The same for the console, in Vietnamese or English."""
    _ = catalogue(language, HERE).gettext
    out = [_("Hot-spots that analysts found worth attention, of those they decided on:")]
    for row in by_topic(conn):
        name = topic_name(row["topic"], language) if row["topic"] else _("all topics")
        share = _("%(useful)s of %(decided)s, %(share)s %% (95 %% interval %(low)s to %(high)s %%)") % {
            "useful": row["useful"], "decided": row["decided"], "share": number(100 * row["precision"], language),
            "low": number(100 * row["low"], language), "high": number(100 * row["high"], language),
        }  # fmt: skip
        out.append(f"  {name}: {share}")
    if len(out) == 1:
        nothing = _("nothing decided yet")  # outside the f-string, where the catalogue's extractor does not look
        out.append(f"  {nothing}")
    have = budget(conn, now)
    out.append(
        _("Alarms a day in the last %(days)s days: %(raised)s. Budget of needless alarms a day: %(allowed)s.")
        % {"days": DAYS, "raised": number(have.raised_a_day, language, 2), "allowed": number(have.allowed, language, 2)}
    )
    out.append(said(have, language))
    return out


def said(have: Budget, language: str) -> str:
    """What the budget became, and what to do about it."""
    _ = catalogue(language, HERE).gettext
    if have.needless_a_day is None:
        return _("Too few decisions yet (%(n)s of %(enough)s) to tell how many are needless.") % {"n": have.decided, "enough": ENOUGH}
    values = {"n": number(have.needless_a_day, language, 2)}
    if have.over:
        return _(
            "Needless alarms a day, by the decisions: %(n)s, more than the budget. Try a lower alerts_a_day with `langnghe replay` before switching it on."
        ) % values
    return _("Needless alarms a day, by the decisions: %(n)s, within the budget.") % values
