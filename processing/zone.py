"""The one time zone people here live in. The database keeps UTC; days, weeks and what is printed are local."""

from __future__ import annotations

from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
