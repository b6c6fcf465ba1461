"""Evidence relation and conflicting figures."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from processing.claims.figures import conflicts, typed
from processing.claims.relation import LABELS, covering, verify
from processing.claims.runs import runs


def doc(n: int, text: str, story: str = "s", at: str = "2026-03-10T08:00:00+07:00", source: str | None = None) -> dict[str, str]:
    return {"id": f"d{n}", "story": story, "published_at": at, "source": source or f"nguồn {n}", "text": text}


def quantities(*docs: dict[str, str]) -> list[str]:
    return [f["quantity"] for f in conflicts(docs)]


def test_two_tolls_at_one_time_conflict() -> None:
    (found,) = conflicts([doc(1, "Vụ sạt lở làm 5 người chết."), doc(2, "Sạt lở khiến 7 người thiệt mạng."), doc(3, "Mưa lớn đêm qua.")])
    assert found["quantity"] == "dead" and [(v["value"], v["documents"]) for v in found["values"]] == [(5, ["d1"]), (7, ["d2"])]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("5 người chết", "5 người thiệt mạng"), ("gần 20 người bị thương", "18 người bị thương"), ("ít nhất 3 người chết", "4 người chết"),
        ("khoảng 100 ha lúa bị ngập", "105 ha lúa ngập"), ("năm người chết", "5 người chết"), ("5 người chết ở xã Tân Lộc", "7 người chết ở xã Hòa An"),
        ("5 người chết", "7 người bị thương"), ("hỗ trợ 5 triệu đồng mỗi người chết", "3 người chết"),
    ],
)  # fmt: skip
def test_what_agrees_or_counts_something_else_is_no_conflict(first: str, second: str) -> None:
    assert quantities(doc(1, f"Vụ việc làm {first}."), doc(2, f"Vụ việc làm {second}.")) == []


def test_a_later_higher_toll_is_an_update_and_a_later_lower_one_a_conflict() -> None:
    early, late = "2026-03-10T08:00:00+07:00", "2026-03-10T18:00:00+07:00"
    assert quantities(doc(1, "Lũ làm 5 người chết.", at=early), doc(2, "Lũ làm 7 người chết.", at=late)) == []
    assert quantities(doc(1, "Lũ làm 7 người chết.", at=early), doc(2, "Lũ làm 5 người chết.", at=late)) == ["dead"]


def test_other_stories_and_the_same_source_do_not_conflict() -> None:
    assert quantities(doc(1, "Lũ làm 5 người chết.", "a"), doc(2, "Lũ làm 7 người chết.", "b")) == []
    assert quantities(doc(1, "Lũ làm 7 người chết.", source="x"), doc(2, "Lũ làm 5 người chết.", source="x")) == []


def test_units_become_one() -> None:
    (found,) = typed("Thiệt hại ước tính 1,5 tỷ đồng.")
    assert (found.role, found.unit, found.high) == ("damage", "dong", pytest.approx(1.5e9, rel=0.2))


@pytest.mark.parametrize(("claim", "evidence"), [("", ""), ("Đập vỡ.", ""), ("", "Đập vỡ."), ("x" * 5000, "y"), ("Đập vỡ.", "…" * 3000)])
def test_odd_pairs_give_an_answer(claim: str, evidence: str) -> None:
    found = verify(claim, evidence)
    assert found["relation"] in LABELS and 0 <= found["score"] <= 1


def test_the_sentence_that_decides_is_quoted_and_the_difference_named() -> None:
    found = verify("Sạt lở làm 12 người chết.", "Trời mưa to ba ngày. Vụ sạt lở làm 2 người chết. Đường đã thông.")
    assert found["quotes"][0] == "Vụ sạt lở làm 2 người chết." and found["differences"] == ["number: 12 người ↔ 2 người"]


def test_forty_fresh_claims_beside_evidence() -> None:
    """Written for this, each claim beside evidence that says it, that denies it, and that is about the same subject and another matter."""
    rows = [json.loads(line) for line in (Path(__file__).parent / "data" / "evidence_fresh.jsonl").read_text("utf-8").splitlines()]
    found = Counter((r["relation"], verify(r["claim"], r["evidence"])["relation"]) for r in rows)
    scores = []
    for label in LABELS:
        right = found[label, label]
        given, said = (sum(n for pair, n in found.items() if pair[side] == label) for side in (0, 1))
        scores.append(2 * right / (given + said))
    assert len(rows) == 40 and sum(scores) / 3 >= 0.75


def test_word_for_word_supports_and_a_sentence_without_end_is_cut() -> None:
    for text in ("Lúa", "Hồ Đá Bạc chưa vỡ.", "Bệnh viện không nhận thêm bệnh nhân."):
        assert (verify(text, text)["relation"], verify(text, f"Chủ tịch xã nói rằng {text}")["differences"]) == ("supports", [])
    assert all(len(q) <= 1_002 for q in verify("Nước lên nhanh", "nước lên nhanh quá " * 5_000)["quotes"])


def test_a_denial_of_something_else_is_no_difference() -> None:
    claim = "Mỗi tuần Bệnh viện Nhi tiếp nhận 60 ca sởi."
    assert verify(claim, "Mỗi tuần Bệnh viện Nhi tiếp nhận 60 ca sởi, phần lớn chưa tiêm phòng.")["differences"] == []
    assert verify(claim, "Mỗi tuần Bệnh viện Nhi không tiếp nhận quá 60 ca sởi.")["differences"] == ["negation: ×0 ↔ ×1"]
    assert verify(claim, "Sở Y tế bác bỏ tin mỗi tuần Bệnh viện Nhi tiếp nhận 60 ca sởi.")["differences"] == ["negation: ×0 ↔ ×1"]


def test_what_is_put_in_is_told_from_what_is_exchanged() -> None:
    sentence = "Cống Ông Ba ở xã Tân Lộc bị vỡ đêm 14/10 làm ngập 60 ha lúa."
    put_in = runs(sentence.replace("60 ha", "gần hết 60 ha"), [sentence])
    exchanged = runs(sentence.replace("60 ha", "16 ha"), ["Trời mưa to.", sentence])
    denied = runs(sentence.replace("bị vỡ", "không bị vỡ"), [sentence])
    assert put_in["put_in_runs"] == 1 and put_in["exchanged_runs"] == 0
    assert exchanged["exchanged_numbers"] == 1 and exchanged["put_in_runs"] == 0 and exchanged["longest_block"] > 0
    assert denied["denied_in_claim"] == 1 and runs(sentence, ["Cống Ông Ba ở xã Tân Lộc không bị vỡ đêm 14/10 làm ngập 60 ha lúa."])["denied_in_evidence"] == 1
    assert set(runs("", []).values()) == {0.0} and runs(sentence, [sentence])["runs_cover"] == 1


def test_the_fewest_sentences_that_cover_a_claim() -> None:
    parts = ["Cống Ông Ba vỡ đêm 14/10.", "Cống Ông Ba vỡ.", "Nước ngập 60 ha lúa của xã Tân Lộc.", "Trời đã tạnh."]
    assert covering("Cống Ông Ba vỡ đêm 14/10, ngập 60 ha lúa.", parts) == [parts[0], parts[2]]
    assert covering("Cống vỡ.", []) == []


def test_relation_by_article_on_the_development_set(shared_data: Path) -> None:
    from processing.claims import train_relation

    rows, articles = train_relation.load(shared_data / "claims")
    assert train_relation.cross_validated(rows, None) >= 0.68
    assert train_relation.cross_validated(rows, articles) >= 0.65


UNRELATED = (
    ("Đập hồ Khe Bùng bị vỡ đêm 14/10 làm 12 người chết.", "Chiều nay giá vàng trong nước tăng thêm 500 nghìn đồng một lượng. Các cửa hàng đông khách."),
    ("Ba quỹ tín dụng ở phường Trinh Giang sẽ đóng cửa từ ngày 12/3.", "Bệnh viện tỉnh không nhận thêm bệnh nhân sốt xuất huyết trong tuần này. Sở Y tế điều 20 bác sĩ."),
    ("Nước giếng ở thôn Đông nhiễm chì gấp 10 lần ngưỡng cho phép.", "Trường tiểu học Bình An cho học sinh nghỉ hai ngày vì mưa lớn. Phụ huynh đón con sớm."),
    ("Uống nước lá ổi chữa khỏi sốt xuất huyết.", "Tuyến xe buýt số 5 tạm dừng từ 1/6 để sửa cầu. Hành khách đi tuyến số 7."),
    ("Thuốc trừ sâu không gây hại cho ong.", "Không có chuyến bay nào bị hủy sáng nay. Sân bay hoạt động bình thường."),
)


@pytest.mark.parametrize(("claim", "evidence"), [*UNRELATED, *((c.upper(), e) for c, e in UNRELATED), (UNRELATED[0][0], UNRELATED[0][1] * 30)])
def test_texts_about_two_things_are_not_laid_out_as_contradiction(claim: str, evidence: str) -> None:
    found = verify(claim, evidence)
    assert (found["relation"], found["differences"]) == ("not_enough", []) and 1 <= len(found["quotes"]) <= 3


def test_another_claims_article_is_not_enough(shared_data: Path) -> None:
    from processing.claims import train_relation

    rows, articles = train_relation.load(shared_data / "claims")
    assert train_relation.strangers(rows[::4], articles) >= 0.97
