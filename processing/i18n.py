"""Words people read, in Vietnamese and English. The English text is the message id; the Vietnamese one stands in `<room>/locale/vi.po`.

A missing translation is a failed test, never a blank on a screen: at run time the English text stands in.
"""

from __future__ import annotations

import gettext
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from processing.settings import ROOT
from processing.zone import LOCAL

LANGUAGES = ("vi", "en")


class Catalogue(gettext.NullTranslations):
    """Messages of one language, read from a .po file as it stands: nothing to compile."""

    def __init__(self, messages: dict[str, str]) -> None:
        super().__init__()
        self.messages = messages

    def gettext(self, message: str) -> str:
        return self.messages.get(message) or message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        # Vietnamese has one form; English is its own message id.
        return self.messages.get(msgid1) or (msgid1 if n == 1 else msgid2)


@lru_cache(maxsize=8)
def catalogue(language: str, folder: Path) -> Catalogue:
    """The messages of `folder`/locale/<language>.po; English needs no file. Raises ValueError for another language."""
    if language not in LANGUAGES:
        raise ValueError(f"no words in {language!r}; known: {', '.join(LANGUAGES)}")
    path = folder / "locale" / f"{language}.po"
    if language == "en":
        return Catalogue({})
    with path.open("rb") as file:
        messages = {_one(m.id): _one(m.string) for m in read_po(file) if m.id}
    return Catalogue(messages)


def _one(text: str | list[str] | tuple[str, ...] | None) -> str:
    """A message or its first plural form."""
    return text if isinstance(text, str) else (text[0] if text else "")


def told(stored: dict[str, Any] | None, language: str, folder: Path = ROOT / "crawlers") -> str:
    """A reason that was stored as message and parameters ({"msgid", "params"}, see crawlers/words.py), said in `language`. Empty for None or {}.

    Instants are shown in local time, days as people here write them.
    """
    if not stored or "msgid" not in stored:
        return ""
    values = {name: _value(value, language, folder) for name, value in stored.get("params", {}).items()}
    message = catalogue(language, folder).gettext(stored["msgid"])
    return message % values if values else message


def _value(value: Any, language: str, folder: Path) -> str:
    if not isinstance(value, dict):
        return str(value)
    if "at" in value:
        return local_time(datetime.fromisoformat(value["at"]))
    return date.fromisoformat(value["day"]).strftime("%d/%m/%Y") if "day" in value else told(value, language, folder)


def environment(folder: Path, language: str, *, html: bool = True) -> Environment:
    """Jinja environment over `folder`/templates that speaks `language`; `{% trans %}` and `_()` translate, an unknown name is an error."""
    env = Environment(
        loader=FileSystemLoader(folder / "templates"), autoescape=html, undefined=StrictUndefined, extensions=["jinja2.ext.i18n"],  # noqa: S701 - text mails
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    words = catalogue(language, folder)
    env.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
    env.filters["local_time"] = local_time
    env.filters["local_date"] = local_date
    return env


def local_time(moment: datetime) -> str:
    """An instant as people here write it: 14:05 22/11/2026, Asia/Ho_Chi_Minh."""
    return moment.astimezone(LOCAL).strftime("%H:%M %d/%m/%Y")


def local_date(day: date) -> str:
    """A day as people here write it: 22/11/2026."""
    return (day.astimezone(LOCAL) if isinstance(day, datetime) else day).strftime("%d/%m/%Y")
