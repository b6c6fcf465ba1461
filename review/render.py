"""Templates in the reader's language."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from processing.i18n import LANGUAGES, environment
from processing.reference import config_file

HERE = Path(__file__).parent
LANGUAGE_COOKIE = "langnghe_language"


@lru_cache(maxsize=2)
def _environment(language: str) -> Environment:
    env = environment(HERE, language)
    topics = tomllib.loads(config_file("topics.toml").read_text(encoding="utf-8"))
    names = {key: topic[language] for key, topic in topics.items()}
    env.filters["topic"] = lambda key: names.get(key, key)
    env.globals["language"] = language
    return env


def language_of(request: Request) -> str:
    """Vietnamese unless the reader chose English."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "vi")
    return chosen if chosen in LANGUAGES else "vi"


def page(request: Request, template: str, values: dict[str, Any], *, status: int = 200) -> HTMLResponse:
    """Render `template` for this request. `user` is None on pages anybody may read."""
    language = language_of(request)
    values = {"user": None, "request": request, "url": lambda name, **path: request.url_for(name, **path).path, **values}
    return HTMLResponse(_environment(language).get_template(template).render(values), status)
