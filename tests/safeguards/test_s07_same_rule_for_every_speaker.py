"""Rule S7: "Same rule for every speaker. An official's claim is matched like anyone's; when publishers disagree, both are shown."

Proof here: who says it, and about which group, changes no score; publishers who disagree are both shown.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from processing.claims import checkable
from processing.claims.core import Matcher
from processing.claims.mask import mask
from processing.claims.relation import verify
from processing.text import fold

BODY = "ba quỹ tín dụng ở phường Trinh Giang sẽ đóng cửa từ ngày 12/3 và ngừng trả tiền gửi"
SPEAKERS = (
    "Chủ tịch tỉnh cho biết {}.", "Một người bán hàng nói rằng {}.", "Bí thư huyện ủy khẳng định {}.", "Theo ông giám đốc sở, {}.", "Nông dân trong xã kể {}.",
    "Linh mục xứ đạo nói rằng {}.", "Đại biểu hội đồng nhân dân tuyên bố: {}.", "Một tài xế cho hay {}.", "{}, theo lời một cán bộ.",
    # an organisation says it, somebody one knows, or nobody in particular
    "Sở Nông nghiệp và Môi trường cho biết {}.", "UBND phường Trinh Giang xác nhận {}.", "Theo Công an tỉnh, {}.", "Theo Reuters, {}.", "Báo Tiền Tuyến đưa tin {}.",
    "Hàng xóm tôi bảo {}.", "Mẹ tôi kể là {}.", "Nghe nói {}.", "{}, Sở Tài chính cho biết.", "{}, theo báo cáo của Công an tỉnh.",
)  # fmt: skip
GROUPS = (
    ("người Kinh", "người Mông", "người Khmer", "đồng bào Ê Đê", "người Hoa", "người Dao đỏ"), ("người miền Bắc", "người miền Trung", "người miền Nam", "người gốc Huế", "người Hà Nội"),
    ("công giáo", "phật giáo", "tin lành", "hồi giáo", "đồng bào Công giáo", "người theo đạo Hòa Hảo"),
)  # fmt: skip
CHECKS = [
    {"id": "1", "claim": BODY[0].upper() + BODY[1:] + ".", "publisher": "A", "publisher_kind": "independent_fact_check", "rating": "Không có căn cứ"},
    {"id": "2", "claim": "Ba quỹ tín dụng ở phường Trinh Giang sẽ đóng cửa từ ngày 12/3.", "publisher": "B", "publisher_kind": "official_statement", "rating": "Bác bỏ"},
    {"id": "3", "claim": "Học sinh toàn tỉnh nghỉ học năm ngày để tránh bão.", "publisher": "A", "publisher_kind": "independent_fact_check"},
]  # fmt: skip


def _scores(matcher: Matcher, text: str) -> list[tuple[str, float, str, float]]:
    return [(c.check, c.score, c.tier, c.probability) for c in matcher.search(text)]


def _same(values: list[list[tuple[str, float, str, float]]]) -> None:
    first = values[0]
    for other in values[1:]:
        assert [(c[0], c[2]) for c in other] == [(c[0], c[2]) for c in first]
        for a, b in zip(first, other, strict=True):
            assert abs(a[1] - b[1]) <= 1e-9 and abs(a[3] - b[3]) <= 1e-9


def test_swapping_the_speaker_changes_no_score() -> None:
    matcher = Matcher(CHECKS)
    texts = [s.format(BODY) for s in SPEAKERS]
    _same([_scores(matcher, t) for t in texts])
    scores = [checkable.score(t) for t in texts]
    assert max(scores) - min(scores) <= 1e-9


@pytest.mark.parametrize("written", [fold, lambda text: fold(text).capitalize()], ids=["lower case", "a capital first"])
def test_nor_does_it_without_diacritics(written: Callable[[str], str]) -> None:
    matcher = Matcher(CHECKS)
    texts = [written(s.format(BODY)) for s in SPEAKERS]
    _same([_scores(matcher, t) for t in texts])
    for swapped in (texts, *([written(f"Đêm 14/10, 5 hộ {g} ở xã Tân Lộc bị ngập và mất nước sạch.") for g in group] for group in GROUPS)):
        scores = [checkable.score(t) for t in swapped]
        assert max(scores) - min(scores) <= 1e-9, dict(zip(swapped, scores, strict=True))


@pytest.mark.parametrize("evidence", ["Sáng 12/3, hai quỹ tín dụng ở phường Trinh Giang vẫn mở cửa. Trời mưa. Người gửi rút được tiền.", "Ba quỹ tín dụng vẫn trả tiền gửi."])
def test_swapping_the_speaker_changes_no_relation_to_the_evidence(evidence: str) -> None:
    found = [verify(s.format(BODY), evidence) for s in SPEAKERS]
    assert all({**f, "score": 0} == {**found[0], "score": 0} and abs(f["score"] - found[0]["score"]) <= 1e-9 for f in found)


@pytest.mark.parametrize("group", GROUPS, ids=["ethnic", "origin", "religion"])
def test_swapping_the_group_changes_no_score(group: tuple[str, ...]) -> None:
    texts = [f"Đêm 14/10, 5 hộ {g} ở xã Tân Lộc bị ngập và mất nước sạch." for g in group]
    matcher = Matcher([*CHECKS, {"id": "4", "claim": f"Đêm 14/10, 5 hộ {group[0]} ở xã Tân Lộc bị ngập và mất nước sạch."}])
    _same([_scores(matcher, t) for t in texts])
    scores = [checkable.score(t) for t in texts]
    assert max(scores) - min(scores) <= 1e-9


@pytest.mark.parametrize("pair", [("bảo thủ", "cấp tiến"), ("cánh tả", "cánh hữu"), ("thân chính quyền", "đối lập")])
def test_the_leaning_of_an_adjective_changes_no_decision(pair: tuple[str, str]) -> None:
    texts = [f"Một tờ báo {word} ở tỉnh Nghệ An đã bị phạt 50 triệu đồng ngày 3/9." for word in pair]
    matcher = Matcher([{"id": "1", "claim": texts[0]}])
    left, right = (_scores(matcher, t)[0] for t in texts)
    assert left[2] == right[2] and abs(left[1] - right[1]) <= 0.02 and abs(left[3] - right[3]) <= 0.02
    assert abs(checkable.score(texts[0]) - checkable.score(texts[1])) <= 0.02


@pytest.mark.parametrize("pair", [("Chủ tịch", "Nông dân"), ("Bí thư", "Tài xế"), ("Phó giám đốc", "Tiểu thương"), ("Thủ tướng", "Nhà báo"), ("Chủ tịch xã", "Một nông dân"),
                                  ("Trưởng công an xã", "Nguyên bí thư huyện ủy"), ("Vị linh mục", "Giám đốc sở")])  # fmt: skip
def test_whom_it_is_about_weighs_the_same_and_another_one_makes_it_related(pair: tuple[str, str]) -> None:
    def found(query: str, check: str) -> tuple[float, float, str]:
        text = "{} đã nhận 12 tỷ đồng tiền đền bù đất ở xã Tân Lộc ngày 3/9 vừa qua."
        best = Matcher([*CHECKS, {"id": "4", "claim": text.format(check)}]).search(text.format(query))[0]
        return best.score, best.probability, best.tier

    one, other, across = found(pair[0], pair[0]), found(pair[1], pair[1]), found(pair[0], pair[1])
    assert one[2] == other[2] == "confirmable" and abs(one[0] - other[0]) <= 1e-9 and abs(one[1] - other[1]) <= 1e-9
    assert across[2] == "related"


def test_swapping_a_place_on_both_sides_changes_nothing_and_on_one_side_makes_it_related() -> None:
    def found(query_place: str, check_place: str) -> tuple[float, str]:
        text = "Đêm 14/10, cống ở {} bị vỡ làm ngập 60 ha lúa."
        matcher = Matcher([*CHECKS, {"id": "4", "claim": text.format(check_place)}])
        best = matcher.search(text.format(query_place))[0]
        return best.score, best.tier

    base = found("xã Tân Lộc", "xã Tân Lộc")
    both = found("xã Hòa An", "xã Hòa An")
    one = found("xã Hòa An", "xã Tân Lộc")
    assert base[1] == both[1] == "confirmable" and abs(base[0] - both[0]) <= 1e-9
    assert one[1] == "related"


@pytest.mark.parametrize("query", ["dem 14/10, cong o xa hoa an bi vo lam ngap 60 ha lua", "đêm 14/10, cống ở xã hòa an bị vỡ làm ngập 60 ha lúa", "ĐÊM 14/10, CỐNG Ở XÃ HÒA AN BỊ VỠ LÀM NGẬP 60 HA LÚA"])
def test_another_place_is_another_claim_with_or_without_capitals(query: str) -> None:
    matcher = Matcher([*CHECKS, {"id": "4", "claim": "Đêm 14/10, cống ở xã Tân Lộc bị vỡ làm ngập 60 ha lúa."}])
    best = matcher.search(query)[0]
    assert best.check == "4" and best.tier == "related" and [d.kind for d in best.differences] == ["place"]


@pytest.mark.parametrize("text", ["Bệnh viện huyện cho biết sẽ hoãn 40 ca mổ trong tuần này.", "Bà con bảo vệ rừng phòng hộ suốt đêm 6/12.", "Theo Nghị định 168, lỗi vượt đèn đỏ bị phạt 6 triệu đồng.",
                                  "Dân đến đồn công an xã trình báo mất 30 xe máy.", "ba con bao ve rung phong ho suot dem 6/12", "nha toi o duong bao ve so 3 bi ngap"])  # fmt: skip
def test_what_a_body_does_itself_is_no_attribution(text: str) -> None:
    assert mask(text) == text


def test_publishers_who_disagree_are_both_returned() -> None:
    found = Matcher(CHECKS).match({"id": "q", "text": "Nghe nói ba quỹ tín dụng ở phường Trinh Giang sẽ đóng cửa từ ngày 12/3."})
    assert {m["check"] for m in found if m["tier"] != "related"} == {"1", "2"}
