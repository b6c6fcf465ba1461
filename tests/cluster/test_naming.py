"""Name and summary of an issue: the central headline, key sentences of different origins, phrases that no person's name gets into."""

from __future__ import annotations

from processing.cluster import naming
from processing.cluster.naming import Member

STORY = [
    ("Nước máy xã Suối Mây có mùi dầu", ["Nước máy ở xã Suối Mây có mùi dầu từ sáng thứ hai, hơn 300 hộ phải mua nước bình.", "Sao lại thế này?"], 1, "Báo A"),
    ("Suối Mây: nước máy có mùi dầu, trường cho học sinh nghỉ", ["Trường tiểu học Suối Mây cho học sinh nghỉ vì nước máy có mùi dầu.", "Nhà máy nước ngừng cấp để súc rửa đường ống."], 2, "Báo B"),
    ("Súc rửa đường ống nước máy Suối Mây", ["Nhà máy nước súc rửa đường ống cấp nước cho xã Suối Mây trong hai ngày.", "Nước máy có mùi dầu do một đoạn ống bị vỡ cạnh trạm xăng."], 3, "Đài C"),
    ("Tin vắn", ["Chợ phiên cuối tuần đông khách đến mua hoa và cây cảnh về trang trí nhà."], 4, "Báo D"),
]  # fmt: skip


def member(n: int, title: str, sentences: list[str], group: int, source: str, tokens: tuple[str, ...] = ()) -> Member:
    return Member(n, title, sentences, group, source, "environment_water", 0.9, "vi", tokens)


def members(*groups: int) -> list[Member]:
    return [member(n, title, sentences, groups[n] if groups else group, source) for n, (title, sentences, group, source) in enumerate(STORY)]


def test_the_title_is_the_headline_that_says_what_the_others_say() -> None:
    assert naming.headline(members()) in (STORY[0][0], STORY[1][0])
    assert naming.headline(list(reversed(members()))) in (STORY[0][0], STORY[1][0])


def test_key_sentences_come_from_different_origins_and_can_stand_alone() -> None:
    said = naming.key_sentences(members())
    assert 2 <= len(said) <= naming.KEY_SENTENCES
    assert len({s["document"] for s in said}) == len(said)
    assert all(any(s["text"] in sentences for _, sentences, _, _ in STORY) for s in said)  # as printed
    assert not any("Sao lại" in str(s["text"]) for s in said)


def test_copies_of_one_origin_are_quoted_once() -> None:
    assert len(naming.key_sentences(members(1, 1, 1, 1))) == 1


def test_phrases_are_common_words_of_two_origins_without_names_and_numbers() -> None:
    tokens = ("đường ống", "Suối Mây", "Nguyễn Văn", "300 hộ", "nhà máy nước", "có")
    some = [member(n, "t", ["s"], group, "x", tokens) for n, group in enumerate((1, 2, 2))]
    assert sorted(naming.key_phrases(some)) == ["nhà máy nước", "đường ống"]
    assert naming.key_phrases([member(0, "t", ["s"], 1, "x", tokens), member(1, "t", ["s"], 1, "x", tokens)]) == []


def test_one_document_and_none_of_substance() -> None:
    one = members()[:1]
    assert naming.headline(one) == STORY[0][0]
    assert [s["text"] for s in naming.key_sentences(one)] == [STORY[0][1][0]]
    blank = [member(0, " ", [], 1, "x"), member(1, "", ["?"], 2, "y")]
    assert naming.headline(blank) == "—"
    assert naming.key_sentences(blank) == [] and naming.key_phrases(blank) == []
