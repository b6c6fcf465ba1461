"""Reasons in words that can be said in another language later.

A `Said` is its English sentence, so that logs, `fetch_log` and the console print it as it is; beside that it keeps the message and its parameters, which
the database stores and `processing.i18n.told` renders in Vietnamese or English (crawlers/locale/vi.po). A test finds every message that has no Vietnamese.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

Value = str | int | float | date | datetime


class Said(str):
    """`Said("it answers %(status)s", status=503)`. Parameters: text, numbers, days, instants (UTC), further `Said`s."""

    __slots__ = ("msgid", "params")
    msgid: str
    params: dict[str, Value]

    def __new__(cls, msgid: str, **params: Value) -> Said:
        said = super().__new__(cls, msgid % {name: _plain(value) for name, value in params.items()} if params else msgid)
        said.msgid, said.params = msgid, params
        return said

    def __reduce__(self) -> tuple[Any, ...]:
        return Said.of, (self.as_json(),)

    def as_json(self) -> dict[str, Any]:
        """What the database stores: {"msgid", "params"}; an instant is {"at": …}, a day {"day": …}."""
        return {"msgid": self.msgid, "params": {name: _stored(value) for name, value in self.params.items()}}

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Said:
        """The opposite of `as_json`."""
        return cls(stored["msgid"], **{name: _restored(value) for name, value in stored["params"].items()})


def joined(parts: list[Said]) -> Said:
    """Several reasons in one, in their order. Raises ValueError for none."""
    first, *rest = parts
    for part in rest:
        first = Said("%(first)s; %(second)s", first=first, second=part)
    return first


def _plain(value: Value) -> str:
    return f"{value:%Y-%m-%d %H:%M} UTC" if isinstance(value, datetime) else str(value)


def _stored(value: Value) -> Any:
    if isinstance(value, Said):
        return value.as_json()
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    return {"day": value.isoformat()} if isinstance(value, date) else value


def _restored(value: Any) -> Value:
    if not isinstance(value, dict):
        plain: Value = value
        return plain
    if "at" in value:
        return datetime.fromisoformat(value["at"])
    return date.fromisoformat(value["day"]) if "day" in value else Said.of(value)
