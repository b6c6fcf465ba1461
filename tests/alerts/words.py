"""The English messages of the mails, as the code uses them."""

from __future__ import annotations

from pathlib import Path

from babel.messages.extract import extract_from_dir

from processing.alerts.compose import FOLDER

_METHODS = [("**.py", "python"), ("templates/**.txt", "jinja2.ext:babel_extract"), ("templates/**.html", "jinja2.ext:babel_extract")]
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "first.gettext": None, "words.gettext": None}


def messages(folder: Path = FOLDER) -> list[str]:
    """Message ids in the order of the files."""
    found: dict[str, None] = {}
    for _file, _line, message, _comments, _context in extract_from_dir(folder, _METHODS, keywords=_KEYWORDS):
        found.setdefault(message if isinstance(message, str) else message[0])
    return list(found)
