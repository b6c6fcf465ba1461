"""What mails are made of: blocks that the text and the HTML template both print, names of things in both languages, and words no mail says itself."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from babel.numbers import format_decimal

from processing.errors import Outcome
from processing.i18n import Catalogue
from processing.reference import config_file

# Words of verdict, in either language; what a mail says in its own voice, or shows as a headline, holds none of them (SCOPE S6).
VERDICT_WORDS = re.compile(
    r"\b(?:fake|false(?:ly|hoods?)?|hoax|untrue|true|debunk\w*|misinformation|disinformation|tin giả|tin sai|sai sự thật|sai lệch|không đúng sự thật|"
    r"đúng sự thật|bịa đặt|bịa chuyện|xuyên tạc|vu khống|thất thiệt)\b",
    re.IGNORECASE,
)
HARM = ("dead", "injured", "poisoned", "evacuated", "cut_off")  # the gravest first


class Superseded(Outcome):
    """The mail's cause is gone: it is not sent."""


@dataclass
class Block:
    """One part of a mail. kind: note, text, facts (label, value), quote (text, source line), links (label, address)."""

    kind: str
    text: str = ""
    rows: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Content:
    """A whole mail in one language."""

    subject: str
    heading: str
    blocks: list[Block]


@lru_cache(maxsize=1)
def _topics() -> dict[str, dict[str, Any]]:
    return tomllib.loads(config_file("topics.toml").read_text(encoding="utf-8"))


def topic_name(label: str, language: str) -> str:
    """Name of a service topic as people read it."""
    return str(_topics().get(label, {}).get(language, label))


def number(value: float, language: str) -> str:
    """A figure with the language's own separators, at most one decimal below 10."""
    return str(format_decimal(value, format="#,##0.#" if abs(value) < 10 else "#,##0", locale=language))


def day(value: str | date) -> str:
    """A local day as people here write it."""
    moment = date.fromisoformat(value) if isinstance(value, str) else value
    return moment.strftime("%d/%m/%Y")


def harm_name(kind: str, words: Catalogue) -> str:
    _ = words.gettext
    return {
        "injured": _("people injured or taken to hospital"),
        "dead": _("deaths"),
        "poisoned": _("poisoning"),
        "evacuated": _("evacuation"),
        "cut_off": _("places or supplies cut off"),
    }.get(kind, kind)


def kind_name(kind: str, words: Catalogue) -> str:
    """The three kinds of publisher (SCOPE S6)."""
    _ = words.gettext
    return {
        "independent_fact_check": _("independent fact-check"),
        "official_statement": _("official statement (by a party, not an independent check)"),
        "press_correction": _("correction by the press"),
    }[kind]


def state_name(state: str, words: Catalogue) -> str:
    _ = words.gettext
    return {
        "OK": _("readable"),
        "QUIET": _("quieter than usual"),
        "EMPTY": _("empty"),
        "STALE": _("nothing new for long"),
        "BLOCKED": _("refuses robots"),
        "BROKEN": _("cannot be read"),
        "DISABLED": _("switched off"),
    }.get(state, state)
