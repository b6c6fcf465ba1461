"""Who says it, and about which group, is taken out before anything is scored (SCOPE S7).

Masked: the attribution in front of or after a statement ("Theo ông …,", "Chủ tịch xã … cho biết"), ethnic and religious groups, region of
origin of people, and words of political leaning. A place where something happens is not masked: it belongs to the truth conditions.
The lists are used for removal alone; nothing is counted, stored or shown by them.
"""

from __future__ import annotations

import re
from functools import lru_cache

from processing.claims.lexicon import PROVINCES
from processing.claims.numbers import fold_keep
from processing.claims.watched import Watched

_UPPER = "".join(c for c in map(chr, range(0x41, 0x1EFA)) if c.isupper() and (ord(c) < 0x1B1 or ord(c) >= 0x1EA0))
_CAP = rf"[{_UPPER}][\w.]*"
_SPEECH = (
    r"(?:cho biet|cho hay|cho rang|noi rang|noi|khang dinh|tuyen bo|thong bao|thong tin|viet|chia se|ke|ke lai|tiet lo|nhan dinh|phat bieu|"
    r"nhan manh|bao cao|dang tin|loan tin|don|xac nhan|cong bo|dua tin|qua quyet)"
)
_WHO = (
    r"(?:ong|ba|anh|chi|co|chu tich|pho chu tich|bi thu|pho bi thu|giam doc|pho giam doc|bo truong|thu truong|thu tuong|pho thu tuong|dai bieu|"
    r"truong|pho|can bo|lanh dao|nguoi phat ngon|phat ngon vien|dai dien|chuyen gia|bac si|giao su|tien si|luat su|nong dan|cong nhan|tieu thuong|"
    r"tai xe|sinh vien|nguoi dan|ba con|nguoi ban hang|mot nguoi|nhieu nguoi|mot so nguoi|hang xom|nguoi|cu dan|cu tri|phu huynh|"
    r"hieu truong|giao vien|linh muc|su thay|thuong toa|muc su|tai khoan|trang|nhom|bai viet|bai dang|tin don|mang xa hoi|facebook|zalo|giong noi|doan (?:tin nhan|ghi am|clip|video|phim)|tin nhan|clip|video|bai chia se)"
)
# An organisation says too: what it reports goes like anyone's word. What it announces ("thông báo", "công bố") stays, for the announcement may be its own act.
_BODY = (
    r"(?:(?:uy ban nhan dan|ubnd|hoi dong nhan dan|hdnd|cong an|so|bo|cuc|tong cuc|chi cuc|phong|ban|cong ty|tap doan|benh vien|trung tam|tram|hoi|lien doan|doi|bao|"
    r"dai|ngan hang|vien|truong|nha may|co quan|chinh quyen|lanh dao|hop tac xa|toa an|van phong|hang tin|thong tan xa)\s\S)"
)
_REPORTS = r"(?:cho biet|cho hay|cho rang|noi rang|khang dinh|nhan dinh|dua tin|dan tin|loan tin|xac nhan)"
# where one of these follows, the body in front is who does it, not only who says it
_ITS_OWN = r"(?:se|da|dang|vua|moi|chua|khong|tam|dung|ngung|hoan|cam|cap|cho|mo|dong|thu|phat|chi|tiep|ban|giam|tang|huy|doi|cung|van|con)"
_ARTICLE = r"(?:(?:mot|nhieu|mot so|cac|nhung|vi)\s+)?"
# "Chủ tịch xã X cho biết (rằng|:|,) …": at the start of the sentence, without a comma inside, at most 14 words.
_LEAD = Watched(rf"^\W*{_ARTICLE}(?:{_WHO})\b(?:\s+[^\s,:;]+){{0,13}}?\s+(?:da |vua |cung |moi )?{_SPEECH}\b(?:\s+(?:rang|la|ve viec))?\s*[:,\"]?\s*"
                   rf"|^\W*(?:{_WHO})\b(?:\s+[^\s:;]+){{0,16}}?\s+{_SPEECH}\s*(?:rang\b|:)\s*[\"“]?\s*")  # fmt: skip
# whatever precedes a speech verb and "rằng" or a colon at the start is an attribution too: "Trước đó, trên mạng xuất hiện tin nhắn nói rằng …"
_ANY = Watched(rf"^\W*(?:[^\s:;?!]+\s+){{1,16}}?{_SPEECH}\s*(?:rang\b\s*:?|:)\s*[\"“]?\s*")
_REPORTED = Watched(rf"^\W*{_BODY}[^,:;]{{0,80}}?\s(?:da |vua |cung |moi )?{_REPORTS}\b(?:\s+(?:rang|la|ve viec))?\s*[:,\"]?\s+(?!{_ITS_OWN}\b)")
# "Theo Reuters, …": whoever is named up to the comma; a law, a plan or a date there belongs to what is said
_LAW = r"(?:nghi dinh|thong tu|quyet dinh|quy dinh|luat|nghi quyet|ke hoach|lich|hop dong|quy chuan|tieu chuan|phuong an|de an|du thao|gia|muc|thoi gian)"
# and whose own view it is says that it is one
_OWN = r"(?:toi|minh|chung toi|ca nhan|cam nhan|(?:y kien|suy nghi|quan diem|goc nhin)(?: rieng)?(?: cua)?(?: ca nhan)? (?:toi|minh))"
_THEO = Watched(rf"^\W*theo\s+(?:loi\s+|bao cao (?:cua\s+)?)?(?:{_ARTICLE}(?:{_WHO})\b[^,:;]{{0,80}}|(?!(?:{_LAW}|{_OWN})\b)[^,:;\d]{{1,80}})[,:]\s*")
# hearsay, and those one knows: "Nghe nói …", "Hàng xóm tôi bảo …". Read with the diacritics: "bảo" says, "bão" storms.
_HEARSAY = Watched(r"^\W*(?:nghe|thay)\s+(?:noi|don|tin|bao|dau|ke)\b(?:\s+(?:la|rang))?[:,]?\s*")
_KIN = re.compile(
    r"^\W*(?:[Hh]àng xóm|[Mm]ẹ|[Bb]ố|[Bb]a|[Cc]ha|[Dd]ì|[Cc]ậu|[Bb]ác|[Cc]ô|[Cc]hú|[Cc]hị|[Aa]nh|[Ôô]ng|[Bb]à|[Bb]ạn|[Bb]à con|[Dd]ân|[Nn]gười ta|[Mm]ấy \S+)"
    r"(?:\s+[^\s,:;?!]+){0,4}?\s+(?:bảo(?! (?:vệ|đảm|hiểm|hành|tàng|tồn|trì|mật|kê|ban|lãnh|dưỡng|quản))|kể(?! (?:từ|cả))|đồn(?! (?:công|điền|biên))|kháo|mách)(?:\s+(?:nhau|là|rằng|tôi|với tôi))*[:,]?\s+"
)
# the same without diacritics, where "ba" is three, too, and "cau" a bridge: somebody one knows is said to be one's own
_KIN_BARE = Watched(
    r"^\W*(?:hang xom|nguoi ta|ba con|(?:me|bo|ba|cha|di|cau|bac|co|chu|chi|anh|ong|ban|con|em|vo|chong)\s+(?:toi|minh|em|nha)|dan\s+(?:lang|xom|quanh|trong))\b"
    r"(?:\s+[^\s,:;?!]+){0,4}?\s+(?:bao(?! (?:ve|dam|hiem|hanh|tang|ton|tri|mat|ke|ban|lanh|duong|quan|cao|chi|gio|lut|so|gom|nhieu|luc|dong|no|bi|xi|do)\b)|ke(?! (?:tu|ca|hoach|khai|ben|toan|don)\b)"
    r"|don(?! (?:cong|dien|bien|gia|vi|dang|hang|xin|to|doc|thu|ve|bao)\b)|mach(?! (?:nuoc|dien|mau)\b)|khao(?! sat\b))(?:\s+(?:nhau|la|rang|toi|voi toi))*[:,]?\s+"
)
_TAIL = Watched(rf",\s*(?:theo\s+(?:loi\s+)?)?{_ARTICLE}(?:{_WHO})\b[^,;]{{0,80}}?\s{_SPEECH}\b\s*[.!\"]*\s*$"
                   rf"|\s?,\s*{_BODY}[^,;]{{0,80}}?\s{_REPORTS}\s*[.!\"]*\s*$|\s?,\s*theo\s+(?:(?:loi\s+)?{_ARTICLE}(?:{_WHO})\b[^,;]{{0,80}}|(?!(?:{_LAW}|{_OWN})\b)[^,;\d]{{1,80}})$")  # fmt: skip

_ETHNIC = (
    "kinh|tay|thai|muong|mong|hmong|h'mong|dao|nung|hoa|khmer|kho me|cham|ede|e de|gia rai|jrai|ba na|bana|xo dang|co ho|k'ho|san chay|san diu|"
    "hre|ra glai|mnong|m'nong|tho|xtieng|bru|van kieu|co tu|giay|ta oi|ma|gie trieng|co|cho ro|xinh mun|ha nhi|chu ru|lao|khang|la chi|phu la|"
    "la hu|lu|lo lo|chut|mang|pa then|co lao|cong|bo y|si la|pu peo|brau|o du|ro mam|viet"
)
_RELIGION = (
    "cong giao|thien chua giao|phat giao|phat tu|giao dan|tin lanh|hoi giao|cao dai|hoa hao|an do giao|dao phat|dao thien chua|dao chua|dao hoi|luong giao"
)
_GROUP = Watched(  # religions first: "Công" and "Hòa" are peoples, too
    rf"\b(?:(?:dong bao|ba con|nguoi|dan)\s+(?:theo\s+)?(?:dao\s+)?)?(?:{_RELIGION})\b"
    rf"|\b(?:nguoi dan toc|dan toc|dong bao|ba con|nguoi)\s+(?:{_ETHNIC})\b(?!\s+(?:nguoi|te|doanh|nam))(?:\s(?:do|den|trang|tien|ao dai)\b)?"
    r"|\b(?:dong bao )?(?:dan toc )?thieu so\b"
)
_PROVINCES = "|".join(re.escape(name) for name in sorted(PROVINCES, key=len, reverse=True))
_ORIGIN = Watched(rf"\b(?:nguoi|dan)\s+(?:goc\s+|que\s+)?(?:mien\s+(?:bac|trung|nam|tay|nui|xuoi|ngoai|trong)|(?:bac|trung|nam)(?!\s*\w*\d)|(?:{_PROVINCES}))\b")
_ORIGIN_NAMED = re.compile(rf"\b[Nn]gười\s+(?:gốc\s+|quê\s+)?{_CAP}(?:\s+{_CAP}){{0,2}}|\b(?:gốc|quê|nguyên quán)\s+(?:ở\s+)?{_CAP}(?:\s+{_CAP}){{0,2}}")
_NAMED = Watched(r"\b(?:nguoi|goc|que|nguyen quan)\s")
_LEANING = Watched(
    r"\b(?:canh ta|canh huu|cap tien|bao thu|ta khuynh|huu khuynh|on hoa|cuc doan|than chinh quyen|doi lap|than phuong tay|than trung quoc|"
    r"than my|yeu nuoc|dan chu|cach mang|tu do chu nghia|dan tuy)\b"
)


def spans(text: str) -> list[tuple[int, int]]:
    """Stretches of NFC `text` that are taken out, as (start, end), sorted, not overlapping."""
    folded = fold_keep(text)
    found: list[tuple[int, int]] = []
    said = ":" in folded or "rang" in folded
    lead = (said and _ANY.match(folded)) or _LEAD.match(folded) or _THEO.match(folded) or _REPORTED.match(folded) or _HEARSAY.match(folded)
    lead = lead or _KIN.match(text) or (_KIN_BARE.match(folded) if folded == text.lower() else None)
    # an attribution is taken out only when a statement of at least three words remains
    if lead and len(folded[lead.end() :].split()) >= 3:
        found.append((0, lead.end()))
    tail = "," in folded and _TAIL.search(folded)
    if tail and len(folded[: tail.start()].split()) >= 3:
        found.append((tail.start(), len(text)))
    for pattern in (_GROUP, _ORIGIN, _LEANING):
        found += [m.span() for m in pattern.finditer(folded)]
    if _NAMED.may(folded):
        found += [m.span() for m in _ORIGIN_NAMED.finditer(text)]
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


@lru_cache(maxsize=4096)
def mask(text: str) -> str:
    """`text` with the masked stretches left out and spaces closed up; two texts that differ only there give the same string."""
    out, at = [], 0
    for start, end in spans(text):
        out.append(text[at:start])
        at = end
    out.append(text[at:])
    return " ".join(" ".join(out).split())
