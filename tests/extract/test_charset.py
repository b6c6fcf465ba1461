"""Bytes to text whatever the server declares."""

from __future__ import annotations

import unicodedata

import pytest

from processing.extract import charset
from processing.extract.core import extract

TEXT = "Nước sông dâng nhanh, hơn ba trăm hộ ở hai xã phải sơ tán trong đêm; đường liên thôn bị chia cắt tại bốn điểm. " * 4
PAGE = f"<html><head><title>Nước dâng</title></head><body><h1>Nước dâng trong đêm ở hai xã</h1><p>{TEXT}</p><p>{TEXT}</p></body></html>"


@pytest.mark.parametrize(
    "declared",
    [None, "text/html; charset=iso-8859-1", "text/html; charset=windows-1252", "text/html; charset=utf-16", "text/html; charset=nonsense"],
)
def test_valid_utf8_wins_over_any_declaration(declared: str | None) -> None:
    assert charset.decode(PAGE.encode(), declared) == (PAGE, "utf-8")


@pytest.mark.parametrize("name", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_and_marked_text(name: str) -> None:
    assert charset.decode(PAGE.encode(name), "text/html; charset=iso-8859-1")[0] == PAGE


def cp1258(text: str) -> bytes:
    """As Windows wrote it: letters with their hat or horn, the tone as a combining mark behind."""
    out = []
    for char in text:
        base = unicodedata.normalize("NFD", char)
        tones = "".join(c for c in base if c in "\u0300\u0301\u0303\u0309\u0323")
        out.append(unicodedata.normalize("NFC", "".join(c for c in base if c not in tones)) + tones)
    return "".join(out).encode("cp1258")


def test_cp1258_declared_and_not() -> None:
    for declared in ("text/html; charset=windows-1258", "text/html; charset=iso-8859-1", None):
        assert unicodedata.normalize("NFC", charset.decode(cp1258(PAGE), declared)[0]) == PAGE


def test_truncated_and_slightly_damaged_utf8_is_still_utf8() -> None:
    data = PAGE.encode()
    assert charset.decode(data[: data.rindex("ể".encode()) + 1])[1] == "utf-8"
    assert "\ufffd" not in charset.decode(data[:200] + b"\xff" + data[200:])[0]
    assert charset.decode(data[:200] + b"\xff" + data[200:])[1] == "utf-8"


@pytest.mark.parametrize("declared", [None, "text/html; charset=utf-8", "text/html; charset=iso-8859-1"])
@pytest.mark.parametrize("bad", [1, 2, 3, 8])
def test_a_few_bad_bytes_do_not_make_it_another_charset(bad: int, declared: str | None) -> None:
    data = bytearray(PAGE.encode()[:900])
    for n in range(bad):
        data.insert(data.index(b" ", 100 + n * 90), 0x96)
    text, name = charset.decode(bytes(data), declared)
    assert name == "utf-8" and "hơn ba trăm hộ" in text and "\ufffd" not in text


@pytest.mark.parametrize(
    ("header", "meta", "name", "read_as"),
    [
        ("utf-8", "windows-1258", "cp1258", "cp1258"),
        ("iso-8859-1", "windows-1258", "cp1258", "cp1258"),
        ("windows-1258", "utf-8", "cp1258", "cp1258"),
        ("windows-1251", "windows-1252", "cp1258", "cp1258"),
        ("utf-8", "iso-8859-1", "utf-8", "utf-8"),
        ("windows-1258", "windows-1258", "utf-8", "utf-8"),
        ("no-such-set", "windows-1258", "cp1258", "cp1258"),
    ],
)
def test_header_and_page_contradict_each_other(header: str, meta: str, name: str, read_as: str) -> None:
    page = PAGE.replace("<head>", f'<head><meta charset="{meta}">')
    data = cp1258(page) if name == "cp1258" else page.encode(name)
    text, found = charset.decode(data, f"text/html; charset={header}")
    assert found == read_as and unicodedata.normalize("NFC", text) == page


def test_twice_encoded_utf8() -> None:
    for name in ("latin-1", "cp1252"):
        twice = PAGE.encode().decode(name, "ignore" if name == "latin-1" else "replace").encode()
        assert "hộ ở hai xã" in charset.decode(twice)[0]


@pytest.mark.parametrize("name", ["tcvn3", "vni"])
def test_legacy_fonts_behind_latin_letters(name: str) -> None:
    sample = {
        "tcvn3": "§©y lµ mét v¨n b¶n tiÕng ViÖt ®­îc viÕt b»ng b¶ng m· TCVN3, céng hßa x· héi chñ nghÜa ViÖt Nam. ",
        "vni": "Ñaây laø moät vaên baûn tieáng Vieät ñöôïc vieát baèng baûng maõ VNI, coäng hoøa xaõ hoäi chuû nghóa Vieät Nam. ",
    }[name]
    page = f"<html><head><title>x</title></head><body><p>{sample * 6}</p></body></html>"
    said = (
        None,
        "text/html; charset=iso-8859-1",
        "text/html; charset=utf-8",
        "text/html; charset=windows-1258",
        "text/html; charset=x-user-defined",
    )
    for data, declared in (*((page.encode("latin-1"), one) for one in said), (page.encode(), None)):
        assert "một văn bản tiếng Việt được viết bằng" in charset.decode(data, declared)[0]


def test_latin_languages_are_left_alone() -> None:
    french = "<p>" + "Été à la plage, où l'on a déjà goûté les crêpes ; c'était très agréable, forêt, maïs, garçon. " * 20 + "</p>"
    assert charset.decode(french.encode())[0] == french
    assert charset.decode(french.encode("latin-1"), "text/html; charset=iso-8859-1")[0] == french


def test_other_alphabets_are_left_alone() -> None:
    russian = "<p>" + "В двух сёлах снова дали воду: бригада заменила участок трубы и проверила давление. " * 20 + "</p>"
    for name in ("windows-1251", "koi8-r"):
        assert charset.decode(russian.encode(name), f"text/html; charset={name}")[0] == russian
    korean = "<p>" + "두 마을에 다시 물이 나온다. " * 40 + "</p>"
    assert charset.decode(korean.encode("euc-kr"), "text/html; charset=euc-kr")[0] == korean


def test_output_is_composed_and_clean() -> None:
    page = unicodedata.normalize("NFD", PAGE).replace(" dâng", " \u2066dâ\u200bng\x00\u202e\u2069")
    page = page.replace(unicodedata.normalize("NFD", "dâng nhanh"), "d\ufeffa\u0302\u200dng\x07 nha\u00adnh")
    for data in (page.encode(), page.encode("utf-16")):
        found = extract(data)
        assert unicodedata.is_normalized("NFC", found.text + found.title)
        assert found.text.startswith("Nước sông dâng nhanh, hơn ba trăm hộ")
