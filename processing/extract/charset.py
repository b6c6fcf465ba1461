"""Bytes of a page to Unicode, whatever the server declares.

Order: byte order mark, then strictly valid UTF-8 whatever is declared, then what is declared, then a detector; then text that is Unicode
on the surface but TCVN3, VNI or twice-encoded UTF-8 underneath is repaired. NFC and control characters are left to `processing.text.clean`.
"""

from __future__ import annotations

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_META = re.compile(rb"""<(?:meta[^>]{0,200}?charset|\?xml[^>]{0,100}?encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
# Browsers read these names as the wider Windows sets; a Vietnamese page that says Latin-1 is as often cp1258.
_ALIASES = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252", "gb2312": "gb18030"}
_VIETNAMESE = re.compile("[ăâđêôơưĂÂĐÊÔƠƯ\u1ea0-\u1ef9]")
_HIGH = re.compile("[\u0080-\uffff]")
# Two or more characters that UTF-8 read as cp1252 or Latin-1 would leave
_TWICE = re.compile("[\u00c2-\u00f4][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2122]{1,3}")
_ENTITY = re.compile(r"&#(1[6-9]\d|2[0-5]\d);")
# TCVN3 read as Latin-1 leaves these in nearly every sentence, VNI leaves the second group; both are rare in any living language
_TCVN3 = re.compile("[®¸µ¶·¹¨©«¬¾»¼½Æ§¡¢£¤¥¦\u00ad](?=[a-z\u00a1-\u00ff])|[a-z][®¸µ¶·¹¾»¼½Æ§\u00ad]", re.IGNORECASE)
_VNI = re.compile("[aeoAEO][äàáåãêéèúüûöùøïâóòõ]|[öôÖÔ][ùøûõïÙØÛÕÏ]|ñ[aeiouöô]")

# what cp1258 or a legacy font leaves of Vietnamese read as cp1252
_LATIN_1258 = re.compile("[ÌÒÞðý](?![a-z]{0,2}ð)|[ðÐ][a-z]|[aeiouâêôãý][ìòÞ]")
_LATIN = re.compile("[\u00a1-\u00ff]")
_SAMPLE = 200_000


def declared(data: bytes, content_type: str | None) -> list[str]:
    """The charsets that the header, then the page, names; those that Python does not know are left out."""
    header = _HEADER.search(content_type or "")
    meta = _META.search(data[:4096])
    found = []
    for name in (header.group(1) if header else None, meta.group(1).decode("ascii") if meta else None):
        try:
            canonical = codecs.lookup(name).name if name else ""
        except LookupError:
            continue
        if name:
            found.append(_ALIASES.get(canonical, _ALIASES.get(name.lower(), canonical)))
    return list(dict.fromkeys(found))


def decode(data: bytes, content_type: str | None = None) -> tuple[str, str]:
    """Text of a page and the name of the charset it was read as. Never raises: undecodable bytes are dropped."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return repair(data[len(mark) :].decode(name, "ignore")), name
    named = declared(data, content_type)
    wide = next((name for name in named if name.startswith(("utf-16", "utf-32"))), None)
    if wide and b"\x00" in data[:200]:
        return data.decode(wide, "ignore"), wide
    if data[:1] in (b"<", b"\x00") and data[:40].count(b"\x00") >= 10:
        wide = "utf-16-be" if data[:1] == b"\x00" else "utf-16-le"
        return data.decode(wide, "ignore"), wide
    text = _utf8(data, "utf-8" in named)
    if text is not None:
        return repair(text), "utf-8"
    # Latin-1 is what servers and templates say who know no better: it is asked last
    for name in sorted((n for n in named if not n.startswith("utf-")), key="cp1252".__eq__):
        text = _with(data, name)
        if text is not None and not _mistaken(data, name, text):
            return repair(text), name
    guessed = _detect(data)
    return repair(data.decode(guessed, "ignore")), guessed


def _utf8(data: bytes, named: bool) -> str | None:
    """Strict UTF-8; a sequence cut at the end, or one bad byte in ten letters beyond ASCII (in two, where the page names UTF-8), is still UTF-8.

    Text in a single-byte charset has next to no sequence that UTF-8 would take.
    """
    try:
        return codecs.getincrementaldecoder("utf-8")("strict").decode(data, final=False)
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    high = len(text) - len(text.encode("ascii", "ignore")) - bad
    return text.replace("\ufffd", "") if bad * (2 if named else 10) <= high else None


def _with(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name, "ignore" if name == "cp1252" else "strict")
    except (UnicodeDecodeError, LookupError):
        return None


def _mistaken(data: bytes, name: str, text: str) -> bool:
    """Whether a single-byte charset, which takes any bytes, is believed against Vietnamese in cp1258 or in the letters of an old font."""
    if name == "cp1258":
        return _in_old_font(data) == "tcvn3"
    if name == "cp1252":
        return len(_LATIN_1258.findall(text)) > 5 and _is_1258(data)
    return len(name) < 12 and name.startswith(("cp12", "iso8859", "koi8")) and _is_1258(data)


def _sample(data: bytes) -> bytes:
    return re.sub(rb"<[^>]*>", b" ", data[:_SAMPLE])


def _is_1258(data: bytes) -> bool:
    vietnamese = _sample(data).decode("cp1258", "ignore")
    return len(_VIETNAMESE.findall(vietnamese)) * 3 > len(_HIGH.findall(vietnamese)) > 20


def _in_old_font(data: bytes) -> str | None:
    """`tcvn3` or `vni` where the bytes, read as cp1252, have the marks of one of them."""
    text = _sample(data).decode("cp1252", "ignore")
    marks = {"tcvn3": len(_TCVN3.findall(text)), "vni": len(_VNI.findall(text))}
    best = max(marks, key=lambda font: marks[font])
    return best if marks[best] >= 15 else None


def _detect(data: bytes) -> str:
    from charset_normalizer import from_bytes

    if _is_1258(data):
        return "cp1258"
    if _in_old_font(data):
        return "cp1252"
    best = from_bytes(_sample(data)[:20_000], threshold=0.4).best()
    return str(best.encoding) if best else "cp1252"


def repair(text: str) -> str:
    """Undo twice-encoded UTF-8 and turn TCVN3 or VNI letters into Unicode. Text that is neither comes back as it is."""
    sample = text[:_SAMPLE]
    entities = sample.count("&#")
    # counted by the codec first: most pages have few letters beyond ASCII, and patterns are slow
    if len(sample) - len(sample.encode("ascii", "ignore")) + entities <= 20:
        return text
    if len(_LATIN.findall(sample)) + entities <= 20:
        return text
    high = len(_HIGH.findall(sample))
    if len(_VIETNAMESE.findall(sample)) * 4 > high > 0:
        return text
    twice = _TWICE.findall(sample)
    if len(twice) > 3 and sum(map(len, twice)) * 2 > high:
        text = _TWICE.sub(_undo, text)
        sample = text[:_SAMPLE]
        if len(_VIETNAMESE.findall(sample)) * 4 > len(_HIGH.findall(sample)):
            return text
    plain = _ENTITY.sub(lambda m: chr(int(m.group(1))), text)
    if len(_TCVN3.findall(plain[:_SAMPLE])) < 15 and len(_VNI.findall(plain[:_SAMPLE])) < 15:
        return text
    return _legacy(plain)


def _legacy(text: str) -> str:
    import viparse

    visible = re.sub(r"(?s)<(script|style)\b.*?</\1\s*>|<[^>]*>", " ", text[:_SAMPLE])
    name = viparse.detect_text_encoding(" ".join(visible.split())[:20_000])
    if name not in ("tcvn3", "vni"):
        return text
    # markup stays as it is: only what stands between tags, and quoted attribute values, is text
    return re.sub(r"[^<>=\"]+", lambda m: viparse.fix(m.group(), encoding=name) if _HIGH.search(m.group()) else m.group(), text)


def _undo(match: re.Match[str]) -> str:
    raw = bytearray()
    for char in match.group():
        if ord(char) < 256:
            raw.append(ord(char))
        else:
            raw += char.encode("cp1252", "ignore")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return match.group()
