"""Publication times as Vietnamese sites really print them.

Every function returns ISO 8601 text: with an offset where the minute is known, a bare date where only the day is, None where the string
says nothing or something impossible. A time without a zone is Asia/Ho_Chi_Minh (UTC+7 all year, no daylight saving).
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone, tzinfo

from processing.zone import LOCAL, local_day

EARLIEST = date(1995, 1, 1)
# CMSs whose feeds print the month where the minutes belong
FEED_LIES = frozenset({"nukeviet"})

_ZONES = {"ict": 7, "gmt": 0, "utc": 0, "z": 0, "ut": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
          "bst": 1, "cet": 1, "cest": 2, "sgt": 8, "jst": 9}  # fmt: skip
_ENGLISH = {name: i for i, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)}
_WORDS = {"một": 1, "giêng": 1, "hai": 2, "ba": 3, "tư": 4, "bốn": 4, "năm": 5, "sáu": 6, "bảy": 7, "tám": 8, "chín": 9, "mười": 10,
          "mười một": 11, "mười hai": 12, "chạp": 12}  # fmt: skip

_TIME = r"(?P<h>[01]?\d|2[0-4])\s*(?:(?::|h|g|giờ)\s*(?P<mi>[0-5]\d)|(?:h|giờ)(?!\w))(?:\s*[:'’]\s*(?P<s>[0-5]\d))?(?:\s*phút)?(?!\d)(?:\s*(?P<half>SA|CH|AM|PM|a\.m\.|p\.m\.|sáng|chiều|tối)(?!\w))?"
_DAY = r"(?P<d>[0-3]?\d)\s*[/.\-]\s*(?P<m>[01]?\d)\s*[/.\-]\s*(?P<y>(?:19|20)\d\d|\d\d(?!\d|:))"
_SPOKEN = (
    r"(?:ngày\s*)?(?P<d>[0-3]?\d)\s*(?:tháng|thg|,?\s*th)\.?\s*(?P<m>1[0-2]|0?\d|mười một|mười hai|[a-zàáảãạăâđèéêìíòóôơùúưỳýạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỵỷỹ]+)"
    r"\s*,?\s*(?:năm\s*)?(?P<y>(?:19|20)\d\d)"
)
_ZONE = r"\s*[,(\[]?\s*(?P<z>(?:GMT|UTC)\s*[+-]\s*\d{1,2}(?::?\d\d)?|[+-]\d\d(?::?\d\d)?(?!\d)|ICT|GMT|UTC|Z(?!\w))?\s*[)\]]?"
_GAP = r"[\s,;|\-–—•·()]*(?:lúc|vào lúc|hồi|ngày|at|T)?[\s,;|\-–—•·()]*"
_ISO = re.compile(
    r"(?P<y>(?:19|20)\d\d)[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?:(?:T|\s+|\s*[-|,]\s*)(?P<h>\d{1,2}):(?P<mi>\d\d)(?::(?P<s>\d\d)(?:[.,]\d+)?)?"
    r"(?:\s*(?P<half>SA|CH|AM|PM)(?!\w))?" + _ZONE + r")?(?!\d)",
    re.IGNORECASE,
)
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"(?<![\d/.\-])" + _DAY + _GAP + _TIME + _ZONE,
        r"(?<![\d:])" + _TIME + _ZONE + r"[\s,;|\-–—•·()]*(?:(?:thứ|chủ)\s+[\w]+)?" + _GAP + _DAY,
        _SPOKEN + _GAP + _TIME + _ZONE,
        r"(?<![\d:])" + _TIME + _ZONE + r"[\s,;|\-–—•·()]*(?:(?:thứ|chủ)\s+[\w]+)?" + _GAP + _SPOKEN,
    )
)
_DAYS = (re.compile(r"(?<![\d/.\-])" + _DAY + r"(?![\d/])", re.IGNORECASE), re.compile(_SPOKEN, re.IGNORECASE))
_DOTNET = re.compile(
    r"(?<!\d)(?P<m>1[0-2]|[1-9])/(?P<d>[12]\d|3[01]|[1-9])/(?P<y>(?:19|20)\d\d)\s+(?P<h>1[0-2]|[1-9]):(?P<mi>[0-5]\d):(?P<s>[0-5]\d)\s*(?P<half>AM|PM)",
    re.I,
)
_RFC = re.compile(
    r"(?:[A-Za-z]{3,9}[,.]?\s+)?(?P<d>\d{1,2})[\s-]+(?P<mon>[A-Za-z]{3})[a-z]*\.?,?[\s-]+(?P<y>\d{4}|\d\d)"
    r"(?:\s+(?P<h>\d{1,2}):(?P<mi>\d\d)(?::(?P<s>\d\d))?(?:\s*(?P<half>AM|PM))?\s*(?P<z>(?:GMT|UTC)?\s*[+-]\s*\d{1,2}:?(?:\d\d)?|[A-Za-z]{1,4})?)?",
    re.IGNORECASE,
)
_US_WORDS = re.compile(
    r"(?P<mon>[A-Za-z]{3})[a-z]*\.?\s+(?P<d>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y>\d{4})"
    r"(?:,?\s+(?:at\s+)?(?P<h>\d{1,2}):(?P<mi>\d\d)(?::(?P<s>\d\d))?\s*(?P<half>AM|PM|a\.m\.|p\.m\.)?\s*(?P<z>[A-Z]{2,4}|[+-]\d\d:?\d\d)?)?",
    re.IGNORECASE,
)
_MALFORMED = re.compile(r"^(\d{4}-\d\d-\d\d)([+-]\d\d)(\d\d):(\d\d):(\d\d)$")


def visible(text: str, latest: datetime | None = None) -> str | None:
    """The first date in a string that a reader sees: `Thứ ba - 12/03/2024 19:03`, `19h03 ngày 12/3/2024`, `12/3/2024 07:03 CH (GMT+7)`."""
    found = printed(text, latest)
    return found[0] if found else None


def printed(text: str, latest: datetime | None = None) -> tuple[str, str] | None:
    """As `visible`, together with the words of the date alone: what stands around them (a by-line, say) is left behind."""
    text = text[:400]
    matches = [match] if (match := _DOTNET.search(text)) else [m for form in (*_FORMS, _ISO) if (m := form.search(text))]
    # the earliest with a minute wins; a day alone only where no form with a minute fits
    matches.sort(key=lambda m: m.start())
    for match in [*matches, *(m for form in _DAYS if (m := form.search(text)))]:
        if (found := _build(match, latest)) is not None:
            return found, match.group().strip()
    return None


def machine(raw: str, latest: datetime | None = None) -> str | None:
    """A date from JSON-LD, OpenGraph, `<time datetime>` or a feed: ISO 8601, RFC 822, .NET's US order, epoch seconds, or a visible form."""
    raw = " ".join(raw.split())[:200]
    if not raw:
        return None
    if bad := _MALFORMED.match(raw):  # 2022-08-07+0712:29:09, NukeViet's article:published_time: zone before time
        raw = f"{bad[1]}T{bad[3]}:{bad[4]}:{bad[5]}{bad[2]}:00"
    if re.fullmatch(r"\d{10}(?:\d{3})?", raw):
        return _check(datetime.fromtimestamp(int(raw[:10]), LOCAL), latest)
    if match := _ISO.match(raw):
        return _build(match, latest)
    if match := _DOTNET.search(raw):
        return _build(match, latest)
    for form in (_RFC, _US_WORDS):
        if (match := form.search(raw)) and match["mon"].lower() in _ENGLISH:
            return _build(match, latest)
    return visible(raw, latest)


def feed(raw: str, cms: str = "", latest: datetime | None = None) -> str | None:
    """A feed's date. Where the CMS is known to put the month in the minutes, only the day is believed."""
    found = machine(raw, latest)
    if found and cms.lower() in FEED_LIES and "T" in found:
        return found[:10]
    return found


def url_day(url: str, latest: datetime | None = None) -> str | None:
    """The day in an address such as /2024/03/12/ or -20240312193022.htm, or None."""
    match = re.search(r"/(20\d\d)[/-]([01]\d)[/-]([0-3]\d)(?:/|-)", url) or re.search(
        r"[-_/](20\d\d)([01]\d)([0-3]\d)(?:\d{4,12})?\.\w{3,5}$", url
    )
    if not match:
        return None
    try:
        return _check(date(int(match[1]), int(match[2]), int(match[3])), latest)
    except ValueError:
        return None


def plausible(found: datetime | date, latest: datetime | None) -> bool:
    """Neither before the Vietnamese web nor more than a day after the page was fetched."""
    day = found.date() if isinstance(found, datetime) else found
    return day >= EARLIEST and (latest is None or day <= local_day(latest + timedelta(days=1)))


def _check(found: datetime | date, latest: datetime | None) -> str | None:
    if not plausible(found, latest):
        return None
    return found.isoformat(timespec="seconds") if isinstance(found, datetime) else found.isoformat()


def _month(groups: dict[str, str | None]) -> int:
    if mon := groups.get("mon"):
        return _ENGLISH[mon.lower()]
    raw = (groups.get("m") or "").lower()
    return int(raw) if raw.isdigit() else _WORDS.get(raw, 0)


def _build(match: re.Match[str], latest: datetime | None) -> str | None:
    groups = match.groupdict()
    year = int(groups["y"] or 0)
    if year < 100:
        year += 2000 if year < 70 else 1900
    try:
        day = date(year, _month(groups), int(groups["d"] or 0))
        if groups.get("h") is None:
            return _check(day, latest)
        hour, minute, second = int(groups["h"]), int(groups.get("mi") or 0), int(groups.get("s") or 0)
        half = (groups.get("half") or "").lower().replace(".", "")
        if half in ("ch", "pm", "chiều", "tối") and hour < 12:
            hour += 12
        elif half in ("sa", "am", "sáng") and hour == 12:
            hour = 0
        moment = datetime(year, day.month, day.day, hour % 24, minute, second, tzinfo=_zone(groups.get("z")))
    except ValueError:
        return None
    return _check(moment.astimezone(LOCAL), latest)


def _zone(raw: str | None) -> tzinfo:
    """`GMT+7`, `+07`, `+0700`, `ICT`, `Z`; nothing or nonsense means Vietnam."""
    raw = re.sub(r"\s", "", raw or "").lower()
    if not raw:
        return LOCAL
    offset = re.fullmatch(r"(?:gmt|utc)?([+-])(\d{1,2}):?(\d\d)?", raw)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        return timezone(timedelta(minutes=minutes if offset[1] == "+" else -minutes)) if minutes <= 14 * 60 else LOCAL
    return timezone(timedelta(hours=_ZONES[raw])) if raw in _ZONES else LOCAL
