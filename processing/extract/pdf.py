"""Text of a PDF that has a text layer: paragraphs in reading order, without running heads, page numbers and the signing block.

Nothing of its metadata is read, least of all its author (SCOPE S2); of a scan there is nothing to read. Runs in the extraction worker, whose limits of
time and memory end what a hostile file would cost.
"""

from __future__ import annotations

import io
import logging
import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from processing.errors import Quarantine
from processing.extract import tails
from processing.text import clean

MAGIC = b"%PDF-"
MAX_PAGES = 60
MAX_TEXT = 200_000  # characters
_LEAST = 40
_PAGE_NUMBER = re.compile(r"^[\s–—-]*(?:trang|page)?\s*\d{1,4}\s*(?:[/|]\s*\d{1,4})?[\s–—-]*$", re.IGNORECASE)
# from here on an official letter names who signed it and who it went to
_SIGNED = re.compile(r"^(?:nơi nhận\s*:|(?:TM|KT|TL|TUQ|Q)\.\s?[A-ZĐÀ-Ỹ]|\(\s*đã ký\s*\)|người (?:lập|ký|báo cáo)\b)", re.IGNORECASE)
_SUBJECT = re.compile(r"^(?:V/v|Về việc)\b", re.IGNORECASE)
_KIND = re.compile(
    r"^(?:THÔNG BÁO|CÔNG ĐIỆN|QUYẾT ĐỊNH|BÁO CÁO|KẾ HOẠCH|CHỈ THỊ|TỜ TRÌNH|HƯỚNG DẪN|THÔNG CÁO|CÔNG VĂN|KẾT LUẬN|NGHỊ QUYẾT)\b"
)
_LETTERHEAD = re.compile(r"^(?:CỘNG H[ÒO][AÀ] XÃ HỘI|Độc lập|ỦY BAN|UỶ BAN|UBND|SỞ |BỘ |Số\s*:|[^\w]*$)|\bngày\s+\d", re.IGNORECASE)
_ENDS = re.compile(r"[.!?…:;”\"]$")
_BEGINS = re.compile(r"^(?:[-–+•*]\s|\d{1,2}[.)]\s|[a-zđ][.)]\s|Điều\s\d|Chương\s[IVX\d]|[IVX]{1,5}\.\s)")
_FAULTS = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    ArithmeticError,
    AssertionError,
    RecursionError,
    RuntimeError,
    OSError,
)

logging.getLogger("pypdf").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class PdfText:
    """Lines (one a paragraph), the number of pages, and whether pages or text beyond the limits were left out."""

    lines: list[str]
    pages: int
    cut: bool

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def is_pdf(data: bytes) -> bool:
    """Whatever it is labelled."""
    return data[:1024].lstrip().startswith(MAGIC)


def heading(lines: list[str]) -> str:
    """What an official letter is about: its kind and the line below (`THÔNG BÁO` / `Về việc …`), or `V/v …`; else the first line that is no letterhead."""
    for i, line in enumerate(lines[:30]):
        if _SUBJECT.match(line):
            return line[:300]
        if _KIND.match(line):
            return f"{line} {lines[i + 1]}"[:300] if i + 1 < len(lines) and len(line) < 40 else line[:300]
    return next((line[:300] for line in lines if not _LETTERHEAD.match(line)), "")


def read(data: bytes) -> PdfText:
    """The text layer of a PDF. Raises Quarantine with a reason where it is locked, damaged, or has none."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise Quarantine("a PDF that asks for a password")
        pages = len(reader.pages)
        found: list[list[str]] = []
        size = 0
        for number in range(min(pages, MAX_PAGES)):
            lines = [line for raw in (reader.pages[number].extract_text() or "").split("\n") if (line := _line(raw))]
            found.append(lines)
            size += sum(map(len, lines))
            if size > MAX_TEXT:
                break
    except (PyPdfError, *_FAULTS) as error:
        raise Quarantine(f"a PDF that cannot be read: {type(error).__name__}") from None
    lines = tails.strip(_unsigned(_paragraphs(_without_running_heads(found))))
    if sum(map(len, lines)) < _LEAST:
        raise Quarantine(f"a PDF of {pages} pages without a text layer: a scan, or empty")
    return PdfText(lines, pages, len(found) < pages or size > MAX_TEXT)


def _line(raw: str) -> str:
    return " ".join(clean(raw).split())


def _without_running_heads(pages: list[list[str]]) -> list[str]:
    """All lines but page numbers, and but those that stand at the top or foot of most pages."""
    edges = Counter(line for page in pages for line in {*page[:2], *page[-2:]})
    running = {line for line, times in edges.items() if len(pages) > 2 and times > len(pages) / 2}
    return [line for page in pages for line in page if line not in running and not _PAGE_NUMBER.match(line)]


def _paragraphs(lines: list[str]) -> list[str]:
    """Lines as typeset into paragraphs: a line goes on where it begins small, or where the one before is full and ends no sentence."""
    if not lines:
        return []
    full = sorted(map(len, lines))[int(len(lines) * 0.9)]
    out = [lines[0]]
    for before, line in pairwise(lines):
        apart = any(form.match(line) for form in (_BEGINS, _KIND, _SUBJECT, _LETTERHEAD, _SIGNED)) or line.isupper() or before.isupper()
        filled = len(before) >= 0.85 * full and not _ENDS.search(before)
        if not apart and (line[0].islower() or filled):
            out[-1] = f"{out[-1]} {line}"
        else:
            out.append(line)
    return out


def _unsigned(lines: list[str]) -> list[str]:
    """Without the block at the end that says who signed and who received (SCOPE S2)."""
    start = max(1, len(lines) - 25)
    for i, line in enumerate(lines[start:], start):
        if _SIGNED.match(line):
            return lines[:i]
    return lines
