"""Signature lines and caption credits, cut where they can be recognised (SCOPE S2). A wire agency's credit is an organisation: it is kept.

`Nguyễn Văn A`, `V.V (Theo báo Trung Quốc)`, `Bài và ảnh: …`, `CTV … / VOV (theo AP, Reuters)`: the person goes, `(Theo báo Trung Quốc)` stays.
Nothing found here is returned, counted or stored: the functions give back the text without it.
"""

from __future__ import annotations

import re

_UP = "A-ZÀ-ÖØ-ÝĂĐĨŨƠƯẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ"
_LOW = "a-zß-öø-ÿăđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ"
_TOKEN = rf"(?:[{_UP}][{_LOW}’']+(?:[{_UP}][{_LOW}]+)?|[{_UP}]{{2,}}|(?:[{_UP}]\.\s?){{1,3}}[{_UP}]?\.?|[{_UP}])"
_NAME = rf"{_TOKEN}(?:[\s-]{{1,3}}{_TOKEN}){{0,4}}"
_LABEL = (
    r"(?:tác giả|người viết|người thực hiện|thực hiện|biên tập(?: viên)?|biên dịch|biên soạn|tổng hợp|lược dịch|dịch giả|dịch|ghi chép|lược ghi|"
    r"(?:nhóm )?(?:phóng viên|p\.?v|c\.?t\.?v|btv)|cộng tác viên|nhà báo|ký giả|tin,? bài|tin(?:,| và) ảnh|bài(?:,| và) ảnh|tin,? bài(?:,| và) ảnh|bài viết|tin|"
    r"bài|ảnh|hình ảnh|hình|ảnh minh họa|nguồn ảnh|video|clip|đồ họa|thiết kế|nguồn(?: tin)?|by|author|written by|reported by|reporting by|"
    r"editing by|words by|photos? by|photography by|story by|posted by|published by|đăng bởi|bởi|người đăng|xuất bản bởi)"
)
_LABELLED = re.compile(rf"^[\s(\[–—*-]*{_LABEL}\s*[:.–-]?\s+(?P<rest>.+)$", re.IGNORECASE)
_COLON = re.compile(rf"^[\s(\[–—*-]*{_LABEL}\s*:\s*(?P<rest>.*)$", re.IGNORECASE)
_ORG = re.compile(
    r"\b(?:TTXVN|TTX|Thông tấn xã|Tân Hoa [Xx]ã|Xinhua|Reuters|AFP|AP|UPI|DPA|TASS|RIA|Kyodo|Yonhap|Bloomberg|BBC|CNN|VOA|NHK|CNA|VOV\w*|VTV\d*|VTC\w*|"
    r"VnExpress|VietnamPlus|Vietnamnet|VietNamNet|Sputnik|Guardian|Times|Post|News|Telegraph|Mail|Press|[Bb]áo|BÁO|Thời [Bb]áo|Tạp chí|Đài|Cổng|Trang|"
    r"Sở|UBND|HĐND|Ủy ban|Uỷ ban|Ban|Trung tâm|TTYT|Phòng|Văn phòng|Hội|Bộ|Cục|Tổng cục|Chi cục|Viện|Công ty|Bệnh viện|Trường|Liên đoàn|Mặt trận|Đảng|"
    r"Công an|Hải quan|Tuổi Trẻ|Thanh Niên|Tiền Phong|Dân Trí|Dân trí|Lao Động|Nhân Dân|Pháp luật|Người Lao Động|[Oo]nline|SGGP|QĐND|ANTĐ|TTO|TNO|NLĐO?|PLO|"
    r"\w+\.(?:vn|com|net|org)(?:\.vn)?|\w+(?:net|plus|press|news)\b)",
)
_PLACE = re.compile(
    r"^(?:ông|bà|anh|chị|cô|chú|bác|xã|phường|huyện|tỉnh|thành phố|tp\.?|quận|thị|thôn|ấp|bản|làng|khu|đường|phố|số|chợ|cầu|sông|núi|hồ|đảo|biển|quốc lộ|việt nam|hà nội|"
    r"hồ chí minh|sài gòn|đà nẵng|cần thơ|hải phòng|huế|trung quốc|nhật bản|hàn quốc|hoa kỳ|điều|chương|mục|phần|bảng|hình|câu|bước|ngày|tháng|năm|tập|kỳ|"
    r"giải|lớp|loại|nhóm|vòng|tổng|the|read|see|more|share|related|about|contact|source|note|update|photo|image|figure|table|step|part|chapter)\b",
    re.IGNORECASE,
)
_ONE = re.compile(rf"{_TOKEN}\.?")
_JOINT = re.compile(r"[\s,;&/()\[\]–—*+|-]+")
_SURNAME = re.compile(
    r"^(?:Nguyễn|Trần|Lê|Phạm|Hoàng|Huỳnh|Phan|Vũ|Võ|Đặng|Bùi|Đỗ|Ngô|Dương|Đinh|Trịnh|Đoàn|Trương|Phùng|Quách|Lưu|Đào|Đàm|Triệu|Nông|Tạ|Mai|Hà|Cao|"
    r"NGUYỄN|TRẦN|LÊ|PHẠM|HOÀNG|HUỲNH|PHAN|VŨ|VÕ|ĐẶNG|BÙI|ĐỖ|NGÔ|DƯƠNG|ĐINH|TRỊNH|ĐOÀN|TRƯƠNG|PHÙNG|LƯU|ĐÀO)\s"
)
# a name after the last full stop of the last paragraph: `… ngày 27.9. Mai Vọng`
_INLINE = re.compile(
    rf"(?P<before>[.!?…”\")/])\s+(?P<sign>(?:{_LABEL}\s*:?\s+)?(?:{_TOKEN}(?:\s{_TOKEN}){{1,3}})(?:\s*[-–/,]\s*{_NAME})?(?:\s*\([^()]{{1,60}}\))?)\s*$"
)
_LABELLED_INLINE = re.compile(rf"(?P<before>[.!?…”\")/])\s+(?P<sign>{_LABEL}\s*:\s*[^.!?]{{2,60}})\s*$", re.IGNORECASE)
_ABBREVIATED = re.compile(r"(?:TP|Tp|TX|TT|GS|PGS|TS|ThS|BS|Q|P|H|Mr|Mrs|Ms|Dr|St|v\.v|ông|bà)\.$")
_CREDIT = re.compile(
    r"\s*[(\[]\s*(?:ảnh|hình|photo|image|nguồn ảnh|ảnh minh họa|đồ họa|video|clip)\s*:?\s[^()\[\]]{1,60}[)\]]", re.IGNORECASE
)
_DOUBLE_STOP = re.compile(r"([.!?…]\s*)\x00\s*\.")
_TRAILING_CREDIT = re.compile(r"\s+[-–—]\s*(?:ảnh|hình|video|clip|nguồn ảnh|đồ họa|photo)\s*:\s*[^.!?:]{2,50}$", re.IGNORECASE)
_BYLINE_LABEL = re.compile(r"^(?:by|bởi|tác giả|người viết|đăng bởi|posted by|written by)\s*:?\s+", re.IGNORECASE)
_DATED = re.compile(r"^(?P<name>[^|•·,\d–-]{3,50})\s*[|•·,–-]\s*(?:[Tt]hứ|[Cc]hủ nhật|\d{1,2}[/.:-])")
_HANDLE_LINE = re.compile(r"^(?:(?:twitter|facebook|instagram|zalo|telegram|follow|theo dõi)\b.{0,40})?@[\w.]{2,40}\s*$", re.IGNORECASE)


def without_credits(line: str) -> str:
    """A line without photo credits in brackets, `(Ảnh: …)`, or after a dash at its end, `… - Ảnh: …`."""
    if "(" in line or "[" in line:
        line = _DOUBLE_STOP.sub(r"\1", _CREDIT.sub("\x00", line)).replace("\x00", "").strip()
    return _TRAILING_CREDIT.sub("", line) if ":" in line[-60:] else line


def organisations(line: str) -> str:
    """What of a credit line names organisations: `V.V (Theo báo Trung Quốc)` → `(Theo báo Trung Quốc)`; empty where nothing does."""
    kept = []
    for piece in re.findall(r"\([^()]*\)|[^()/–]+", line):
        inner = piece.strip("() ")
        lead = "theo " if inner.lower().startswith("theo ") else ""
        items = [part for item in re.split(r"\s*[,;&]\s*|\s+-\s+", inner[len(lead) :]) if (part := _organisation(item.strip()))]
        if not items:
            continue
        words = (inner[: len(lead)] if lead else "") + ", ".join(items)
        kept.append(f"({words})" if piece.startswith("(") else words)
    return " ".join(kept)


def _organisation(item: str) -> str:
    """The organisation in one item, from its first telling word on; what stands before it may be a person."""
    item = re.sub(rf"^{_LABEL}\s*:?\s+", "", item, flags=re.IGNORECASE)
    found = _ORG.search(item)
    return item[found.start() :] if found else ""


def signature(line: str, *, last: bool = True) -> str | None:
    """None where the line is prose; else what may stay of it (an organisation's credit, or nothing).

    `last` allows a bare name, which only the end of an article makes a signature.
    """
    line = re.sub(r"^[./]+\s*", "", line.strip())
    if not line:
        return ""
    if len(line) > 110 or len(line.split()) > 16:
        return None
    if _HANDLE_LINE.match(line):
        return ""
    if colon := _COLON.match(line):
        return organisations(colon["rest"]) if _creditlike(colon["rest"]) else None
    labelled = _LABELLED.match(line)
    if labelled and _creditlike(labelled["rest"]):
        return organisations(labelled["rest"])
    if not last:
        return None
    if line[:5].lower() == "theo " and _creditlike(line[5:]):
        kept = organisations(line)
        return kept and (kept if kept.lower().startswith("theo") or len(kept) < len(line) - 5 else f"Theo {kept}")
    if _PLACE.match(line.lstrip("(–—- ")):
        return None
    bracket = re.match(r"^(?P<name>[^()]{2,50}?)\s*(?P<credit>\([^()]{2,60}\))\s*\.?$", line)
    if bracket and _names_only(bracket["name"]):
        return organisations(line)
    if _names_only(line) or (_creditlike(line) and _ORG.search(line)):
        return organisations(line)
    return None


def _creditlike(rest: str) -> bool:
    """Names and organisations only: every word begins with a capital, a digit or is a connector."""
    rest = rest.strip(" .)]")
    words = [w for w in re.split(r"[\s,;&/()–-]+", rest) if w]
    small = {
        "và",
        "and",
        "theo",
        "the",
        "of",
        "báo",
        "online",
        "xã",
        "trang",
        "tạp",
        "chí",
        "đài",
        "tấn",
        "tổng",
        "hợp",
        "từ",
        "minh",
        "họa",
    }
    return 0 < len(words) <= 12 and all(not w[0].islower() or w.lower() in small or "." in w for w in words)


def _names_only(line: str) -> bool:
    """Whether every word is a name's: capitals, initials, `và` between them. Token by token: no pattern to run away on long lines."""
    if len(line) > 80:
        return False
    words = [w for w in _JOINT.split(line.strip(" .")) if w]
    return 0 < len(words) <= 8 and all(_ONE.fullmatch(w) or (i and w in ("và", "and")) for i, w in enumerate(words))


def _byline(line: str) -> bool:
    """A by-line above the text: `By …`, `Nguyễn … - 12/03/2024 19:03`, or a bare Vietnamese name."""
    if len(line) > 110:
        return False
    if label := _BYLINE_LABEL.match(line):
        return _names_only(re.split(r"[|•·–]|\s-\s|\d", line[label.end() :])[0])
    dated = _DATED.match(line)
    if dated and _names_only(dated["name"]) and not _PLACE.match(dated["name"]):
        return True
    return bool(_SURNAME.match(line)) and _names_only(line)


def cut(lines: list[str], *, both_ends: bool = True) -> list[str]:
    """Lines of an article without signature lines at its end, by-lines at its start and photo credits anywhere."""
    lines = [kept for line in lines if (kept := without_credits(line))]
    lines = _middle(lines)
    if both_ends:
        for _ in range(2):
            if len(lines) > 1 and _byline(lines[0]):
                lines = lines[1:]
    credits: list[str] = []
    while len(lines) > 1 and len(credits) < 3:
        credit = signature(lines[-1])
        if credit is None:
            break
        if credit:
            credits.insert(0, credit)
        lines = lines[:-1]
    if lines:
        lines = [*lines[:-1], _inline(lines[-1])]
    return [*[line for line in lines if line], *credits]


def _middle(lines: list[str]) -> list[str]:
    """Credits with a label (`Ảnh: …`, `Bài và ảnh: …`) wherever they stand."""
    out = []
    for line in lines:
        kept = signature(line, last=False)
        if kept is None:
            out.append(line)
        elif kept:
            out.append(kept)
    return out


def _inline(line: str) -> str:
    """The last paragraph without a name after its last full stop."""
    start = max(0, len(line) - 160)
    for form in (_LABELLED_INLINE, _INLINE):
        match = form.search(line, start)
        if not match or _ABBREVIATED.search(line[: match.start() + 1]) or match.start() < 40:
            continue
        sign = match["sign"]
        if _PLACE.match(sign):
            continue
        kept = organisations(sign)
        return f"{line[: match.start() + 1]} {kept}".rstrip()
    # `… của hai nước. Theo Đức Nghiêm Thời Báo Ngân Hàng`
    if (
        (found := re.search(r"(?<=[.!?…”\")/])\s+(Theo\s+[^.!?]{3,60})$", line[start:]))
        and found.start() + start > 40
        and _creditlike(found[1][5:])
    ):
        return f"{line[: start + found.start()]} {signature(found[1]) or ''}".rstrip()
    return line
