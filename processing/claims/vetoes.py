"""What SCOPE S5 rules out before anything is weighed: question, demand, call, hypothesis, opinion, judgement, forecast, and what states nothing at all."""

from __future__ import annotations

import re
from functools import reduce
from operator import or_

from processing.claims.lexicon import TARGETS
from processing.claims.numbers import fold_keep
from processing.claims.tokens import marked
from processing.claims.watched import Watched, met
from processing.text import tone

_QUESTION = Watched(  # and every sentence with a question mark
    r"^(?:bao gio|tai sao|vi sao|lieu|phai chang|co phai|ai|sao|lam sao|thu hoi|chang le|co nen|co ai|xin hoi)\b|\b(?:hay khong|khong nhi|hay sao)\W*$"
)
_DEMAND = Watched(
    r"^\W*(?:de nghi|kinh de nghi|yeu cau|kien nghi|kinh mong|mong|xin|hay|dung|moi (?:moi nguoi|ba con|quy|ban|cac)|keu goi|cung nhau|cung den|cung len|chung ta (?:hay|can|nen)|"
    r"ba con hay|moi nguoi (?:hay|nen|cung)|can (?:bai bo|trao|phai|co)|phai (?:cong bo|xem|thay|co|bao ve)|da den luc|hen gap|ba con (?:nho|oi)|nen)\b"
    r"|\b(?:de nghi|yeu cau) (?:quan|ong|ba|cac (?:cap|ong|vi)|lanh dao|chinh quyen|so|bo|uy ban|xa|phuong|tinh|cong ty) .{0,40}\b(?:som|ngay|giai quyet|tra loi|xem xet|boi thuong|cong khai)\b"
)
_HYPOTHESIS = Watched(r"^\W*(?:neu|gia (?:nhu|ma|su)|uoc (?:gi|chi)|phai chi|thu tuong tuong|da la|dang le|biet dau|le ra|cau mong|cau troi|hy vong|chuc)\b")
_FORECAST = Watched(
    r"\b(?:co le|chac (?:se|chan se|la|la)|som muon|truoc sau gi|du bao trong|nhieu kha nang|e rang|trong tuong lai|thoi gian toi|vai nam nua|roi .{0,30} cung se|"
    r"(?:chinh quyen|che do|nuoc ta|dat nuoc|xa hoi|the gioi|nen kinh te)\b[^,.]{0,20} se\b[^,.]{0,30} (?:nam|thap ky) (?:toi|nua)|mot ngay nao do|chang may choc|mai nay|tuong lai cua|se (?:con|lai|chang|tro thanh|y nhu))\b"
)
_OPINION = Watched(
    r"\b(?:theo toi|toi (?:nghi|thay|cho rang|tin|doan|mong|uoc|ung ho|phan doi|khong dong y|that vong|hoan nghenh|tu hao|thuong|ghet|dinh|chan)|voi toi|ca nhan toi|"
    r"theo cam nhan|noi that|that (?:dang|xung dang|buon|khong|ho then|nhan van|su)|nuc cuoi|khong the (?:chap nhan|tin)|vo cam|dang khen|dang buon|cam on|xau ho|"
    r"thieu (?:trach nhiem|tinh nguoi|nhan van|ton trong)|dung dan|tu te|ngao ngan|chan (?:canh|ngay)|xot xa|tu hao qua|gian qua|buon cho|nen (?:tu soi|bot|mo|uu tien|thuoc)|"
    r"la (?:hanh ha|bop nghet|do tien|dot tien|coi thuong|vo cam)|(?:can )?benh (?:thanh tich|hinh thuc)|dang duoc|xung dang|qua cham|te hon|kha hon|dung la|ghe|la lang phi)\b"
)
# a call to come, and what an actor ought to do; an evaluation that has the grammar of a statement; a joke that says so
_CALL = Watched(
    r"^\W*(?:hen (?:ba con|moi nguoi|anh em|anh chi em|cac ban|ca nha|nhau)|ru nhau|moi nguoi oi|ai ranh)\b|\b(?:ba con|moi nguoi|anh em|cac ban) .{0,60}\b(?:nhe|nha)\W*$|"
    r"^\W*(?:chinh phu|nha nuoc|quoc hoi|tinh|thanh pho|chinh quyen|lanh dao|uy ban)(?: \w+){0,4} (?:nen|phai) "
    r"(?:tu bo|bo|dung|ngung|xem|thay|bau|giai tan|tu chuc|xin loi|cong khai|sua|rut|huy|giai trinh|chiu trach nhiem)\b"
)
_JUDGEMENT = Watched(
    r"\b(?:la (?:mot )?(?:sai lam|tham hoa|that bai|tro he|noi nhuc|su si nhuc|man kich|con roi|tro dua)|chi (?:co loi cho|biet hua|gioi hua|biet lo cho)|mat het (?:niem|long) tin|"
    r"thoi nat|ai cung (?:thay|biet)|ai chang biet|chac (?:de|chi de) (?:ngam|lam canh|khoe|trung))\b|^\W*chuyen (?:la|vui|cuoi|that nhu dua)\s?:"
)
_INNOCENT = re.compile(r"\bđang được\b|\bxây dựng dán\b|\bvới tội\b|^\W*dùng\b|\btế hơn\b|\bthật không\b")
# rules in the order they are asked
_RULES = (("question", _QUESTION), ("demand", _DEMAND), ("demand", _CALL), ("hypothesis", _HYPOTHESIS), ("opinion", _OPINION), ("opinion", _JUDGEMENT), ("forecast", _FORECAST))
_RULED = reduce(or_, (pattern.bit for _, pattern in _RULES))
# What stands before names and between them; where nothing else does, nothing is stated. With diacritics: without, "cho" gives and "chợ" is a market.
_TITLES_AND_HEADS = (
    "ông, bà, anh, chị, cô, chú, bác, cụ, em, vợ, chồng, phu nhân, con trai, con gái, cố, cựu, nguyên, quyền, phó, đương kim, tổng thống, phó tổng thống, chủ tịch nước, quốc vương, "
    "nữ hoàng, giáo hoàng, thái tử, thống đốc, nghị sĩ, tổng bí thư, ủy viên, ban thường vụ, trung ương, quốc hội, chính phủ, nhà nước, ủy ban, ủy ban nhân dân, hội đồng nhân dân, ubnd, hđnd, "
    "sở, bộ, cục, tổng cục, chi cục, phòng, ban, công an, y tế, giáo dục, tài chính, công ty, tập đoàn, ngân hàng, bệnh viện, trường, đại học, tiểu học, trung tâm, viện, nhà máy, "
    "hợp tác xã, hội, liên đoàn, câu lạc bộ, đội tuyển, thành phố, tỉnh, huyện, quận, thị xã, thị trấn, xã, phường, thôn, ấp, buôn, bản, làng, khu phố, đường, phố, quốc lộ, cầu, sông, hồ, "
    "đèo, núi, biển, đảo, chợ, bến xe, sân bay, cảng, chung cư, vịnh, kênh, khu công nghiệp, nước, và, cùng, với, hay, hoặc, cùng với, cũng như, của"
)  # fmt: skip
_BESIDE_NAMES = (*TARGETS, *_TITLES_AND_HEADS.split(", "))
_SYLLABLES_BESIDE = frozenset(" ".join(_BESIDE_NAMES).split())
_BESIDE = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(map(re.escape, _BESIDE_NAMES), key=len, reverse=True))})(?!\w)")
_LONGEST_NAME = 4  # words in a row that begin with a capital; more may be a heading that writes each word so
_WORD = re.compile(r"[^\W_]+")
_AND = re.compile(r"\w+(?:\s*,|\s+(?:và|cùng|với|hay|hoặc)\s)")


def vetoed(masked: str) -> str:
    """Name of the rule of S5 that rules the masked sentence out, or ''."""
    folded = fold_keep(masked)
    found = _veto(folded)
    if found in ("opinion", "demand") and marked(masked):
        # without diacritics "đang được" (is being) reads like "đáng được" (deserves to be)
        found = _veto(fold_keep(_INNOCENT.sub(lambda m: f"{m[0][0]}_", masked.lower())))
    return found or ("fragment" if len(folded.split()) < 4 or _only_names(masked) else "")


def _veto(folded: str) -> str:
    if "?" in folded:
        return "question"
    bits = met(folded)
    if not bits & _RULED:
        return ""
    return next((name for name, pattern in _RULES if bits & pattern.bit and pattern.regex.search(folded)), "")


def _only_names(masked: str) -> bool:
    """Nothing but names, with offices and heads of names before them and "và" between: "Tổng thống A và Tổng thống B." """
    for m in _WORD.finditer(masked):  # nearly every sentence ends here, with its first verb
        if not m[0][0].isupper() and tone(m[0]) not in _SYLLABLES_BESIDE:
            return False
    lowered = tone(masked.lower())
    if len(lowered) != len(masked):
        return False
    beside = [m.span() for m in _BESIDE.finditer(lowered)]
    names = list(masked)
    for start, end in beside:
        names[start:end] = "," * (end - start)
    left = [part.split() for part in re.split(r"[^\w\s]+", "".join(names))]
    told = all(len(run) <= _LONGEST_NAME and all(word[0].isupper() for word in run) for run in left)
    first = _WORD.search(masked)
    if first and names[first.start()] != "," and len(next(run for run in left if run)) == 1 and not _AND.match(masked, first.start()):
        return False  # "Cháy chợ Đồng Xuân.": the capital is that of the sentence
    # where every word begins with a capital, one of them may be the verb
    return told and any(word[0].islower() for start, end in beside for word in masked[start:end].split())
