"""Texts and lines that state nothing whatever their words are: horoscopes, results of lotteries, rows of tables."""

from __future__ import annotations

import re

from processing.annotate.chars import exact

_SIGNS = re.compile(
    exact(
        r"(?<!\w)(?:tuổi (tý|sửu|dần|mão|mẹo|thìn|tỵ|tị|ngọ|mùi|thân|dậu|tuất|hợi)|"
        r"(bạch dương|kim ngưu|song tử|cự giải|sư tử|xử nữ|thiên bình|bọ cạp|thiên yết|nhân mã|ma kết|bảo bình|song ngư))(?!\w)"
    )
)
_LOTTERY = re.compile(exact(r"(?<!\w)(?:xổ số|xsm[bnt]|kqxs|vietlott|power 6/55|mega 6/45|lotto|keno|max 3d)(?!\w)"))
_PRIZES = re.compile(exact(r"(?<!\w)(?:giải (đặc biệt|nhất|nhì|ba|tư|năm|sáu|bảy|tám)|(jackpot)|(bộ số))(?!\w)"))
_HEAD = 400
_LENGTH = 3_000


def pastime(title: str, text: str) -> bool:
    """A horoscope, or the results of a lottery: three signs, or two prizes of a lottery named at the beginning.

    A report about a lottery (a fraud, a winner) names it, too, but seldom its prizes one by one.
    """
    form = exact(f"{title}\n{text[:_LENGTH]}")
    if len({match.group(0) for match in _SIGNS.finditer(form)}) >= 3:
        return True
    return _LOTTERY.search(form[:_HEAD]) is not None and len({match.group(0) for match in _PRIZES.finditer(form)}) >= 2


def table_row(sentence: str) -> bool:
    """Cells beside each other: what they say hangs on headings that stand elsewhere."""
    return "\t" in sentence or sentence.count("|") >= 2
