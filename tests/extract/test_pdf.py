"""Text of PDF files: what is read, what is left out, and what hostile and broken files cost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from processing.errors import Quarantine
from processing.extract import pdf
from processing.extract.core import FeedEntry, extract
from processing.extract.worker import Worker
from tests.extract import make_pdf

LETTER = [
    "ỦY BAN NHÂN DÂN XÃ AN THỬ",
    "An Thử, ngày 12 tháng 3 năm 2026",
    "THÔNG BÁO",
    "Về việc tạm ngừng cấp nước để thay đường ống",
    "Trạm cấp nước tạm ngừng cấp nước từ 8 giờ đến 17 giờ ngày 14/3 để thay",
    "đoạn ống qua cầu. Các hộ ở hai thôn cuối tuyến trữ nước trước.",
    "- Xe bồn chở nước đến nhà văn hóa thôn.",
    "Nơi nhận:",
    "- Như trên;",
    "CHỦ TỊCH",
    "Sơn Ca Sáng",
]


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    one = Worker()
    yield one
    one.close()


def test_paragraphs_without_the_signing_block_and_the_metadata() -> None:
    found = pdf.read(make_pdf.pdf([LETTER], author="Hoa Mi"))
    assert found.lines[2:] == [
        "THÔNG BÁO",
        "Về việc tạm ngừng cấp nước để thay đường ống",
        "Trạm cấp nước tạm ngừng cấp nước từ 8 giờ đến 17 giờ ngày 14/3 để thay đoạn ống qua cầu. Các hộ ở hai thôn cuối tuyến trữ nước trước.",
        "- Xe bồn chở nước đến nhà văn hóa thôn.",
    ]
    assert "Sơn Ca" not in found.text and "Hoa Mi" not in found.text
    assert (found.pages, found.cut) == (1, False)


def test_running_heads_and_page_numbers_go() -> None:
    pages = [
        ["BẢN TIN CẤP NƯỚC", f"Tổ {n} thay xong đoạn ống số {n} và thử áp trước khi cấp lại nước.", f"Trang {n}/4"] for n in range(1, 5)
    ]
    assert pdf.read(make_pdf.pdf(pages)).lines == [page[1] for page in pages]


def test_a_pdf_where_a_page_was_expected_is_a_document_all_the_same() -> None:
    found = extract(make_pdf.pdf([LETTER]), "https://xa.vn/tin/thong-bao", content_type="text/html")
    assert (found.title, found.extractor) == ("THÔNG BÁO Về việc tạm ngừng cấp nước để thay đường ống", "pdf")
    assert (found.published_at, found.published_raw, found.language) == ("2026-03-12", "ngày 12 tháng 3 năm 2026", "vi")
    entry = FeedEntry(title="Tạm ngừng cấp nước", published_raw="Thu, 12 Mar 2026 07:30:00 +0700")
    named = extract(make_pdf.pdf([LETTER]), "https://xa.vn/tb.pdf", entry=entry)
    assert (named.title, named.published_at) == ("Tạm ngừng cấp nước", "2026-03-12T07:30:00+07:00")


def test_long_files_are_read_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_PAGES", 2)
    found = pdf.read(make_pdf.pdf([[f"Trang {n} của bản kế hoạch cấp nước, đủ dài để là một dòng."] for n in range(5)]))
    assert (len(found.lines), found.pages, found.cut) == (2, 5, True)


BROKEN = {
    "no text layer": make_pdf.scan(),
    "cannot be read": make_pdf.pdf([LETTER])[:700],
    "without a text layer": make_pdf.bomb(100),
    "PdfReadError": make_pdf.circle(),
    "PdfStreamError": b"%PDF-1.7 ...",
}


@pytest.mark.parametrize("reason", BROKEN)
def test_scans_and_broken_and_hostile_files_cost_one_reason(worker: Worker, reason: str) -> None:
    with pytest.raises(Quarantine, match=r"text layer|cannot be read|MB|took more"):
        worker.extract_pdf(BROKEN[reason])
    assert worker.extract_pdf(make_pdf.pdf([LETTER])).pages == 1
