"""Text as it enters and as it is compared. Pure functions on str; everything stored has gone through `clean`."""

from __future__ import annotations

import re
import unicodedata

# C0/C1 controls but tab and newline, zero-width characters, bidi marks and overrides, the BOM, the soft hyphen and lone surrogates.
_STRIP = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]"
)
_NEWLINE = re.compile("\r\n?|\u2028|\u2029|\x85")
_SYLLABLE = re.compile(r"\w+(?:[.,/]\d+)*")
# à-ỹ as a range would take in Đ, Ơ, Ư and the accented capitals, which do begin sentences
_LOWER = "a-z" + "".join(c for c in map(chr, range(0xDF, 0x1EFA)) if c.islower())
_SENTENCE = re.compile(rf"(?<=[.!?…])[\"”’)\]]*\s+(?=[\"“‘(\[]?[^\W_{_LOWER}])|\n+")
_ABBREVIATION = re.compile(r"(?:\b(?:TP|Tp|TX|Tx|TT|Tt|GS|PGS|TS|ThS|BS|Th|Q|P|H|X|St|Mr|Mrs|Dr|No|vs|v\.v)|\b[A-ZĐ])\.$")
_TONE_OLD = {"oà": "òa", "oá": "óa", "oả": "ỏa", "oã": "õa", "oạ": "ọa", "oè": "òe", "oé": "óe", "oẻ": "ỏe", "oẽ": "õe", "oẹ": "ọe",
             "uỳ": "ùy", "uý": "úy", "uỷ": "ủy", "uỹ": "ũy", "uỵ": "ụy"}  # fmt: skip
# the letter is looked at before what stands in front of it: a scan for one of four letters is fast
_TONE = re.compile(r"([oOuU](?<![qQ].)[àáảãạèéẻẽẹÀÁẢÃẠÈÉẺẼẸỳýỷỹỵỲÝỶỸỴ])(?!\w)")


def clean(text: str) -> str:
    """NFC, newlines as \\n, without controls, zero-width and bidi characters and lone surrogates. Idempotent."""
    return _STRIP.sub("", unicodedata.normalize("NFC", _NEWLINE.sub("\n", text).replace("\u00a0", " ")))


class _Folded(dict[int, str]):
    """A translation table filled as characters are met."""

    def __missing__(self, code: int) -> str:
        decomposed = unicodedata.normalize("NFD", chr(code).lower().replace("đ", "d"))
        form = self[code] = "".join(c for c in decomposed if not unicodedata.combining(c))
        return form


_FOLDED = _Folded()


def fold(text: str) -> str:
    """Lower case without diacritics, đ as d: what an undiacritised query is compared with. Length may change."""
    return text.translate(_FOLDED)


def tone(text: str) -> str:
    """Tone mark in its older place (hoà → hòa, thuý → thúy), so that both spellings compare equal. Keeps length and case."""

    def swap(match: re.Match[str]) -> str:
        found = match.group(1)
        moved = _TONE_OLD.get(found.lower(), found)
        return "".join(m.upper() if f.isupper() else m for f, m in zip(found, moved, strict=True))

    return _TONE.sub(swap, text)


def syllables(text: str) -> list[str]:
    """Lower-case syllables and numbers (1.200 and 3/4 stay whole), punctuation dropped."""
    return _SYLLABLE.findall(text.lower())


def sentences(text: str) -> list[str]:
    """Sentences of `text` in order, stripped, none empty. Splits at newlines, and at . ! ? … before a capital or a digit."""
    out: list[str] = []
    for piece in _SENTENCE.split(text):
        piece = piece.strip()
        if not piece:
            continue
        # "TP. Hồ Chí Minh" and "Nguyễn V. A." are not ends of sentences
        if out and _ABBREVIATION.search(out[-1]):
            out[-1] = f"{out[-1]} {piece}"
        else:
            out.append(piece)
    return out
