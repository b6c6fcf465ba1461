""".env.example lists every setting, explains it, and is accepted as it stands; a misspelt key is refused by name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from processing.errors import ConfigError
from processing.settings import PREFIX, Settings, load_settings

EXAMPLE = Path(__file__).resolve().parents[2] / ".env.example"
KEY = re.compile(rf"^#?({PREFIX}[A-Z_]+)=(.*)$", re.MULTILINE)


def test_every_setting_is_in_the_example_once_and_nothing_else() -> None:
    keys = [match.group(1) for match in KEY.finditer(EXAMPLE.read_text())]
    assert sorted(keys) == sorted(PREFIX + name.upper() for name in Settings.model_fields)


def test_every_setting_stands_below_a_comment() -> None:
    paragraphs = EXAMPLE.read_text().split("\n\n")
    for paragraph in paragraphs:
        if KEY.search(paragraph):
            assert paragraph.startswith("# "), paragraph


@pytest.mark.parametrize("uncommented", [False, True])
def test_the_example_is_accepted(tmp_path: Path, uncommented: bool) -> None:
    text = EXAMPLE.read_text()
    if uncommented:
        text = KEY.sub(lambda match: f"{match.group(1)}={match.group(2)}" if match.group(2) else match.group(0), text)
    (tmp_path / ".env").write_text(text)
    settings = load_settings(tmp_path / ".env")
    assert settings.operator_contact.startswith("https://")


def test_a_misspelt_key_is_refused_by_name_with_the_right_one(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LANGNGHE_SMTP_HOTS=mail.example.org\n")
    with pytest.raises(ConfigError) as refused:
        load_settings(tmp_path / ".env")
    assert "LANGNGHE_SMTP_HOTS" in str(refused.value)
    assert "LANGNGHE_SMTP_HOST" in str(refused.value)
