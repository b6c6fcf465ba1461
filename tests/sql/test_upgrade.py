"""A database of the version before, with rows in it, comes up to date and works on."""

from __future__ import annotations

from pathlib import Path

from processing.claims import store
from processing.claims.circulation import BANDS, METHOD
from processing.db import Connection
from processing.db.migrate import MIGRATIONS, migrate
from processing.extract.attachments import vector
from tests.claims.rows import LATER, NOW, document, source

SAID = "Ba quỹ tín dụng ở phường Trinh Giang sẽ đóng cửa từ ngày 12/3 và ngừng trả tiền gửi."


def test_sketches_and_files_of_before_are_known_after_the_upgrade(owner_db: Connection, tmp_path: Path) -> None:
    owner_db.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO public")
    owner_db.commit()
    for path in sorted(MIGRATIONS.glob("*.sql"))[:15]:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert migrate(owner_db, tmp_path)[-1].startswith("0015")
    owner_db.execute("SELECT ensure_months(t::regclass, '2026-01-01', '2026-12-31') FROM unnest(ARRAY['document_version', 'annotation', 'audit']) t")
    told, silent, long = (document(owner_db, source(owner_db, f"s{n}"), "a", text, at=NOW) for n, text in enumerate((SAID, "Đường ngập.", SAID)))
    owner_db.execute("DELETE FROM work")
    for one, sentences in ((told, "{0}"), (silent, "{0,1}")):
        keys = b"\x00" * 64 * (sentences.count(",") + 1)
        owner_db.execute("INSERT INTO claim_sketch (document_id, published_at, sentences, keys) VALUES (%s, %s, %s, %s)", [one, NOW, sentences, keys])
    texts = {told: "Lịch cắt điện xã Hòa Bình", silent: None, long: "một văn bản rất dài " * 20_000}
    for one, text in texts.items():
        owner_db.execute("INSERT INTO attachment (url, document_id, noted_at, state, text) VALUES (%s, %s, %s, %s, %s)",
                         [f"https://x.invalid/{one}.pdf", one, NOW, "done" if text else "wanted", text])  # fmt: skip
    owner_db.commit()
    assert migrate(owner_db)[:2] == ["0016_sketch_method.sql", "0017_search_in_attachments.sql"]
    for one, text in texts.items():
        row = owner_db.execute("SELECT words = %s::tsvector AS same FROM attachment WHERE document_id = %s", [vector("", text or ""), one]).fetchone()
        assert row == {"same": True}
    found = owner_db.execute("SELECT attachment FROM search_documents('cắt điện')").fetchall()
    assert found == [{"attachment": f"https://x.invalid/{told}.pdf"}]
    store.run(owner_db, limit=10, now=LATER)
    rows = owner_db.execute("SELECT document_id, method, octet_length(keys) AS bytes FROM claim_sketch").fetchall()
    assert rows == [{"document_id": told, "method": METHOD, "bytes": 8 * BANDS}]
