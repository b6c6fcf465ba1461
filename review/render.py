"""Templates in the reader's language."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from babel.numbers import format_decimal
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from processing.i18n import LANGUAGES, Catalogue, catalogue, environment, local_time, told
from processing.reference import config_file
from processing.text import clean

HERE = Path(__file__).parent
LANGUAGE_COOKIE = "langnghe_language"


@lru_cache(maxsize=2)
def _environment(language: str) -> Environment:
    env = environment(HERE, language)
    topics = tomllib.loads(config_file("topics.toml").read_text(encoding="utf-8"))
    names = {key: topic[language] for key, topic in topics.items()}
    env.filters["topic"] = lambda key: names.get(key, key)
    env.filters["number"] = lambda value, digits=0: number(value, language, digits)
    env.filters["chance"] = lambda value: chance(value, language)
    env.filters["as_of"] = as_of
    env.filters["file_name"] = file_name
    env.globals["told"] = lambda stored: told(stored, language)
    env.globals["language"] = language
    return env


@lru_cache(maxsize=1)
def topics() -> frozenset[str]:
    """Keys of the topics there are."""
    return frozenset(tomllib.loads(config_file("topics.toml").read_text(encoding="utf-8")))


def one_of(asked: str | None, known: Collection[str]) -> str | None:
    """A filter's value, where it is one of those offered. Anything else an address says is dropped: it could be words, and the audit keeps filters (SCOPE S9, S12)."""
    return asked if asked in known else None


def number(value: float | None, language: str, digits: int = 0) -> str:
    """A figure with the language's separators and at most `digits` decimals; nothing for None."""
    if value is None:
        return ""
    return str(format_decimal(value, format="#,##0" + ("." + "#" * digits if digits else ""), locale=language))


def file_name(url: str) -> str:
    """What people call a file: the end of its address, readable."""
    return clean(unquote(urlsplit(url).path.rsplit("/", 1)[-1]))[:120] or url


def as_of(value: str) -> str:
    """An ISO day or instant as people here write it."""
    if len(value) > 10:
        return str(local_time(datetime.fromisoformat(value)))
    return date.fromisoformat(value).strftime("%d/%m/%Y") if value else ""


def chance(p: float, language: str) -> str:
    """A probability as people read it: 0.2, 0.04, and 1 in 31,000 below a thousandth."""
    if p >= 0.001:
        return number(p, language, 3)
    whole = 1 / max(p, 1e-12)
    step = 10 ** (len(str(int(whole))) - 2)
    return f"1 / {number(round(whole / step) * step, language)}"


def language_of(request: Request) -> str:
    """Vietnamese unless the reader chose English."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "vi")
    return chosen if chosen in LANGUAGES else "vi"


def words_of(request: Request) -> Catalogue:
    """The catalogue of the reader's language."""
    return catalogue(language_of(request), HERE)


def page_of(request: Request) -> str:
    """Path of the page a request came from, within this site: its own address, or for a form the page that form stands on."""
    if request.method in ("GET", "HEAD"):
        return request.url.path + (f"?{request.url.query}" if request.url.query else "")
    root = str(request.scope.get("root_path", ""))
    parts = request.url.path.removeprefix(root).split("/")
    return root + "/".join(parts[: 3 if parts[1] in ("issues", "claims", "sources") else 2])


def page(request: Request, template: str, values: dict[str, Any], *, status: int = 200) -> HTMLResponse:
    """Render `template` for this request. `user` is None on pages anybody may read."""
    language = language_of(request)
    values = {
        "user": None, "here": "", "back": page_of(request), "request": request,
        "url": lambda name, **path: request.url_for(name, **path).path, **values,
    }  # fmt: skip
    return HTMLResponse(_environment(language).get_template(template).render(values), status)
