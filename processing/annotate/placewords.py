"""Words that stand beside names of units: types and their abbreviations, lists of numbers, and what says that a name is no place.

Regular expressions over the form of `chars.exact` (or of `chars.folded` where a line has no accents).
"""

from __future__ import annotations

import re

from processing.annotate.chars import exact, folded

_PREFIX_FORMS = {
    "tỉnh": ("tỉnh", "t."), "thành phố": ("thành phố", "thành phố.", "tp", "tp.", "t.p", "t.p.", "t/p", "t/p."), "thị xã": ("thị xã", "tx", "tx.", "t.x", "t.x."),
    "huyện": ("huyện", "h.", "huyện đảo"), "quận": ("quận", "q.", "q"), "phường": ("phường", "p.", "p", "f.", "f"), "xã": ("xã", "x.", "xã đảo"),
    "thị trấn": ("thị trấn", "tt", "tt.", "t.t", "t.t."), "đặc khu": ("đặc khu", "đk."),
}  # fmt: skip
KIND = {exact(form): kind for kind, forms in _PREFIX_FORMS.items() for form in forms}
KIND_FOLDED = {folded(form): kind for kind, forms in _PREFIX_FORMS.items() for form in forms}


def _prefix_regex(forms: dict[str, str]) -> re.Pattern[str]:
    alternatives = "|".join(re.escape(f) for f in sorted(forms, key=len, reverse=True))
    return re.compile(rf"(?:^|(?<=[^\w]))({alternatives})\s*$")


PREFIX, PREFIX_FOLDED = _prefix_regex(KIND), _prefix_regex(KIND_FOLDED)
PLURAL = re.compile(r"(?:^|[^\w])(?:các|những|hai|ba|bốn|năm|sáu|bảy|tám|nhiều|một số|mấy|\d+|cac|nhung|bon|nam|nhieu)\s+$")
NUMBERED = re.compile(
    r"(?:^|(?<=[^\w]))(quận|phường|q\.?|p\.?|f\.?|quan|phuong)\s?(\d{1,2})(?![\w/]|[.,]\d)|(?:^|(?<=[^\w]))(phường|phuong)\s([ivx]{1,4})(?!\w)"
)
NEXT_NUMBER = re.compile(exact(r"\s?(?:[,;]|,?\s(?:và|hay|hoặc|cùng))\s?") + r"(\d{1,2})(?![\w/%]|[.,]\d)")
# what may follow the last number of a list; a noun there says that things are counted ("quận 8, 10 căn nhà")
AFTER_LIST = re.compile(
    r"\s*(?:[^\w\s]|$)|\s+(?:tp|"
    + exact(
        "thành phố|của|ở|tại|thuộc|bị|đã|đang|sẽ|có|được|phải|vẫn|cũng|và|với|cùng|cho|trên|từ|là|chưa|không|nên|thì|để|trong|tạm|mưa|ngập|nghỉ|"
        "hay|hoặc|đến|khi|sau|trước|vào|do|vì|mất|cúp|cắt|thiếu|kiến nghị|đề nghị|sáng|trưa|chiều|tối|cũ"
    )
    + r")(?!\w)"
)
JOINER = re.compile(r"^\s*(?:,|;|-|/|và|va|hay|hoặc|cùng|lẫn|,\s*và)\s*$")

SURNAMES = frozenset(
    exact(
        "nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý đinh lương trịnh mai đào lâm cao tô hà tạ châu đoàn tống trương thái "
        "quách kiều từ nông vương lưu đậu đàm tăng diệp văn thị bế rơ siu rmah ksor nay y h"
    ).split()
)
_TRAP_WORDS = (
    # persons
    "ông|bà|anh|chị|em|cô|chú|bác|thầy|cháu|bé|cụ|đồng chí|bác sĩ|ca sĩ|nghệ sĩ|diễn viên|cầu thủ|luật sư|tên là|tên|họ tên|nhà báo|nhà văn|nhà thơ|tướng|"
    "vua|chúa|anh hùng|liệt sĩ|mẹ|bố|gs|pgs|ts|ths|bs|hlv|thủ môn|tiền đạo|tiền vệ|hậu vệ|tiến sĩ|giáo sư|thạc sĩ|"
    # streets
    "đường|phố|quốc lộ|đại lộ|xa lộ|ngõ|hẻm|ngách|cầu|cầu vượt|hầm|ngã tư|ngã ba|ngã năm|ngã sáu|vòng xoay|nút giao|cao tốc|quảng trường|tượng đài|công viên|"
    # schools
    "trường|thpt|thcs|tiểu học|mầm non|mẫu giáo|cao đẳng|đại học|học viện|đh|cđ|chuyên|trung học|phổ thông|trung học cơ sở|trung cấp|trường nghề|nội trú|bán trú|"
    # companies
    "công ty|tập đoàn|ngân hàng|khách sạn|nhà hàng|siêu thị|chung cư|khu đô thị|kđt|tòa nhà|cổ phần|tnhh|mtv|cp|ctcp|hợp tác xã|htx|resort|nhà máy|xi măng|bia|"
    "thép|dược|mía đường|thương hiệu|nhãn hiệu|quán|hãng|taxi|nhà xe|cao su|thủy điện|nhà thuốc|phòng khám|"
    "cửa hàng|phở|bún|bánh|nem|cơm|mì|công viên nước|dệt may|may|gốm|logistics|hội đồng hương|"
    # dishes that carry a town's name
    "bún bò|bún chả|bún cá|bún riêu|phở bò|phở gà|phở chua|bánh tráng|bánh cuốn|bánh canh|bánh đa|bánh đa cua|bánh xèo|bánh bèo|bánh pía|bánh đậu xanh|"
    "cơm gà|cơm tấm|cơm hến|nem chua|hủ tiếu|bò tơ|gỏi cá|"
    # hamlets: smaller than any unit
    "ấp|thôn|bản|buôn|làng|xóm|khóm|khu phố|tổ dân phố|plei|"
    # rivers, temples, teams, works, battles
    "sông|suối|núi|đèo|hồ|rạch|kênh|thác|dãy|dòng|chùa|đền|đình|miếu|nhà thờ|tàu|chiến dịch|chiến thắng|trận|hiệp định|nhà hát|rạp|tạp chí|báo|clb|câu lạc bộ|"
    "đội|đội bóng|u19|u21|u23|bài hát|phim|cúp|sân|sân vận động|svđ|cổng|lăng|ga|vở|tác phẩm|bưởi|ca khúc|bài thơ|tiểu đoàn|sư đoàn|trung đoàn|lữ đoàn|chợ|shb|becamex|topenland|thép xanh|đông á"
)
TRAP = re.compile(r"(\w+ )?(?<!\w)(" + "|".join(sorted({exact(w) for w in _TRAP_WORDS.split("|")}, key=len, reverse=True)) + r")\s+$")
# ends like a word of the list, but is another word
_OTHER_WORDS = (
    "yêu cầu|nhu cầu|toàn cầu|thị trường|môi trường|hiện trường|công trường|lập trường|dự báo|cảnh báo|thông báo|tình báo|gia đình|công bố|phân bố|"
    "tuyên bố|văn bản|cơ bản|nhật bản|xuất bản|quân đội|bộ đội|phản bác|tiếng anh|nước anh|quãng đường|đoạn đường|con đường|tuyến đường|chú ý"
)
NO_TRAP = frozenset(exact(word) for word in _OTHER_WORDS.split("|"))
COMPANY = re.compile(exact(r"(?:công ty|ctcp|tập đoàn|doanh nghiệp tư nhân|hợp tác xã|cổ phần)[^,;:(.]{0,45}$"))
# capitalised at times before a name without being part of it
NEUTRAL = frozenset(
    exact(
        "tỉnh huyện xã phường quận thành phố tp thị trấn sở ban cục chi tòa viện đài tại ở từ về đến trên dưới qua với và của cho theo trong ngoài khi nếu "
        "do vì công an báo ubnd hđnd bộ miền vùng bắc nam đông tây trung nội ngoại người dân khu đảo biển vịnh mặt trận đặc cảng lên xuống ra vào toàn riêng "
        "cả còn giữa phía hướng gần cách thủ đô bệnh"
    ).split()
)
AFTER = re.compile(
    r"^\s+(?:lại|nghĩa)\s+(?:quan điểm|vị trí|vị|giá|hướng|hình|nghĩa|mức|kế hoạch|chiến lược|mục tiêu|tiêu chuẩn|cách)"
    r"|^\s+(?:dương)(?!\w)|^\s*(?:-\s*)?(?:fc|land|group|tv|plaza|tower|hotel|resort|city|bank)(?!\w)"
)
# surnames that are commoner as the first word of a sentence than before a place ("Từ Mường Lát đi ra")
NOT_FIRST = frozenset(exact("từ nay").split())
# a syllable that Vietnamese spelling does not have
_HIGHLAND = re.compile(r"(?:^|[ -])(?:ea|ia|[kpbgdsm]r\w*|r[bcdmstv]\w*|[kpbg]l\w*|[jwzf]\w*|k[bdprs]?[aou]\w*|\w*(?:[^cn]h|k)|\w*'\w+)(?=$|[ -])")
TOWN_IN_ONE_WORD = re.compile(r"[aeiouy]+[^aeiouy\s]+[aeiouy]")
"""Two syllables written as one (Pleiku): no Vietnamese word could be meant. Over a folded name."""


def highland(name: str) -> bool:
    """Does a name (folded) hold a syllable that Vietnamese spelling does not have, so that its accents vary from desk to desk?

    Names from the highlands' languages are written in several ways: Đắk, Đăk and Đak Đoa; Chư Păh and Chư Pah; Krông Pắc and Pắk.
    """
    return _HIGHLAND.search(name) is not None


NEEDS_TYPE = {exact("Hồ Chí Minh"), "hcm"}
"""Persons first, places only with their type."""
IN = re.compile(r"(?:^|[^\w])(?:ở|tại|về|đến|từ|của|trên địa bàn|thuộc)\s+$")
ABROAD = re.compile(r"^[\s,(-]*(?:trung quốc|lào|campuchia|đài loan|hàn quốc|nhật bản)")
