"""The one time zone people here live in. The database keeps UTC; days, weeks and what is printed are local."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")


def local_day(moment: datetime) -> date:
    """The day here at an instant (aware)."""
    return moment.astimezone(LOCAL).date()
