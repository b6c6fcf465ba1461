"""Odd and hostile input to the commands of the contract: one answer a line, in order, and never a lost line after a bad one."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawlers.discover import discover
from processing.claims.desk import import_csv
from processing.claims.figures import conflicts
from processing.claims.relation import verify
from processing.cluster.cli import cluster_lines
from processing.errors import LangNgheError, Quarantine
from processing.extract.gate import check_bytes
from processing.filters import jsonl_filter
from processing.hotspots.core import detect_csv
from processing.replay import import_archive

BAD: list[tuple[bytes, Any, str]] = [
    (b"{broken", None, "not JSON"),
    (b"[1, 2]", None, "expected a JSON object"),
    (b'{"text": "x"}', None, "'id' is missing"),
    (b'{"id": null, "text": "x"}', None, "must be text or a number"),
    (b'{"id": "a"}', "a", "'text' is missing"),
    (b'{"id": "b", "text": null}', "b", "must be text"),
    (b'{"id": "c", "text": "a \xff b"}', "c", "not UTF-8"),
    (b'{"id": NaN, "text": "x"}', None, "not a JSON number"),
    (b'{"id": 1e999, "text": "x"}', None, "not a JSON number"),
    (b'{"id": ' + b"9" * 5000 + b', "text": "x"}', None, "not JSON"),
    (b"[" * 100_000, None, "nested too deeply"),
    (b'{"id": "d", "text": "boom"}', "d", "KeyError"),
]
GOOD = b'\xef\xbb\xbf{"id": 7, "text": "R\\u0000\xc3\xa1c \\ud800"}\r\n'


def _answers(raw: bytes, **kwargs: Any) -> tuple[list[dict[str, Any]], int]:
    def one(record: dict[str, Any]) -> dict[str, Any]:
        if record["text"] == "boom":
            raise KeyError("boom")
        return dict(record)

    out = io.StringIO()
    status = jsonl_filter(one, io.TextIOWrapper(io.BytesIO(raw), "utf-8", errors="surrogateescape"), out, **kwargs)
    return [json.loads(line) for line in out.getvalue().splitlines()], status


def test_every_line_is_answered_in_order() -> None:
    answers, status = _answers(b"\n".join([GOOD, b"", *(line for line, _, _ in BAD), GOOD]))
    assert status == 1
    assert [a["id"] for a in answers] == [7, *(identity for _, identity, _ in BAD), 7]
    for (line, _, words), answer in zip(BAD, answers[1:-1], strict=True):
        assert words in answer["error"], line[:40]
    assert answers[0]["text"] == answers[-1]["text"] == "Rác \ufffd"


def test_text_as_given_keeps_its_length_and_ids_their_form() -> None:
    decomposed = "e\u0323"
    line = json.dumps({"id": decomposed, "text": f"{decomposed}\x07\ud800."}).encode()
    (given,), status = _answers(line, as_given=True)
    assert (given["id"], given["text"], status) == (decomposed, f"{decomposed}\x07\ufffd.", 0)
    (cleaned,), _ = _answers(line)
    assert (cleaned["id"], cleaned["text"]) == (decomposed, "\u1eb9\ufffd.")


def test_commands_survive_bytes_that_are_no_utf8_and_a_closed_pipe(tmp_path: Path) -> None:
    lines = b'{"id": "a", "text": "\xff"}\n' + b'{"id": "b", "text": "x y"}\n' * 20_000
    source = tmp_path / "in.jsonl"
    source.write_bytes(lines)
    command = f"{sys.executable} -m processing.cli redact < {source} | head -2"
    done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=60, check=False)
    first, second = done.stdout.decode().splitlines()
    assert "not UTF-8" in json.loads(first)["error"]
    assert json.loads(second) == {"id": "b", "text": "x y", "found": []}
    assert done.stderr == b""


def test_a_bad_check_is_left_out_and_said(tmp_path: Path) -> None:
    checks = tmp_path / "checks.jsonl"
    checks.write_bytes(b'{"id": 1}\n\xff\n{"id": 5, "claim": "V\xe1\xbb\xa1 \xc4\x91\xe1\xba\xadp"}\n')
    command = [sys.executable, "-m", "processing.cli", "claims", "match", "--checks"]
    done = subprocess.run([*command, str(checks)], input='{"id": 1, "text": "Vỡ đập"}'.encode(), capture_output=True, timeout=60, check=False)
    assert done.returncode == 1
    assert [m["check"] for m in json.loads(done.stdout)["matches"]] == [5]
    assert done.stderr.count(b"left out") == 2
    done = subprocess.run([*command, str(tmp_path / "none")], input=b"", capture_output=True, timeout=60, check=False)
    assert done.returncode == 1 and b"cure" in done.stderr and b"Traceback" not in done.stderr


def test_cluster_refuses_a_state_it_could_not_leave(tmp_path: Path) -> None:
    line = '{"id": "a", "published_at": "0000-01-01", "title": "x"}\n'
    for state in (tmp_path, tmp_path / "none" / "state"):
        with pytest.raises(LangNgheError):
            cluster_lines([line], io.StringIO(), state, False)
    empty, out = tmp_path / "state", io.StringIO()
    empty.touch()
    assert cluster_lines([line, line.replace("0000", "2025")], out, empty, True) == 1
    assert [set(json.loads(answer)) for answer in out.getvalue().splitlines()] == [{"id", "error"}, {"id", "story"}]


def test_hotspots_goes_on_after_rows_that_cannot_be_used() -> None:
    rows = ["series,date,count\n", "a,2025-01-01,1e308\n", f"{'a' * 200_000},2025-01-02,1\n", "b\udcff,2025-01-02,1\n", "a,2025-01-03,5\n"]
    out, complaints = io.StringIO(), io.StringIO()
    assert detect_csv(rows, out, "day", complaints) == 1
    (row,) = out.getvalue().splitlines()[1:]
    assert row.startswith("a,2025-01-03,5,") and "nan" not in row
    assert [c.split(":")[0] for c in complaints.getvalue().splitlines()] == ["line 2", "line 3", "line 4"]


def test_hotspots_rows_do_not_change_when_more_follow() -> None:
    rows = [f"s{s},2025-{1 + d // 28:02d}-{1 + d % 28:02d},{40 if d in (70, 71) else (d * 7 + s) % 5}\n" for d in range(90) for s in range(3)]

    def judged(n: int) -> list[str]:
        out = io.StringIO()
        detect_csv(["series,date,count\n", *rows[:n]], out)
        return out.getvalue().splitlines()

    whole = judged(len(rows))
    assert any(row.endswith(",1") for row in whole[1:])
    for n in (1, 100, 213, 216):
        assert judged(n) == whole[: n + 1]


def test_relation_of_texts_without_words_and_of_endless_ones() -> None:
    assert verify("😀", "😀")["relation"] == "not_enough"
    endless = "Vỡ đập khiến 12 người chết tại Đà Nẵng ngày 5/3/2025." * 20_000
    assert set(verify(endless, endless)) == {"relation", "score", "quotes", "differences"}


def test_figures_echo_ids_and_compare_instants() -> None:
    def doc(identity: Any, at: str, dead: int) -> dict[str, Any]:
        return {"id": identity, "story": 1, "published_at": at, "text": f"Vụ sạt lở khiến {dead} người chết.", "source": str(identity)}

    # 01:00 UTC is 08:00 in Viet Nam: the lower figure is the later one, which is a conflict whatever the times look like as text
    (finding,) = conflicts([doc(1, "2025-01-02T07:00:00+07:00", 12), doc(2, "2025-01-02T01:00:00+00:00", 5)])
    assert [v["documents"] for v in finding["values"]] == [[2], [1]]
    assert conflicts([doc(1, "2025-01-02T01:00:00+00:00", 12), doc(2, "2025-01-02T07:00:00+07:00", 5)]) == []
    assert conflicts([{"id": 1, "story": 1, "text": "12 người chết " * 50_000}]) == []


def test_binary_data_and_endless_tags_are_no_page() -> None:
    for body in (bytes(range(256)) * 20, b"<p " + b" ".join(b"a%d=1" % i for i in range(100_000)) + b">x</p>"):
        with pytest.raises(Quarantine):
            check_bytes(body)
    check_bytes("<p>Rác ở phường Hòa Cường</p>".encode("utf-16"))
    check_bytes(b"<img src='data:image/png;base64," + b"A" * 200_000 + b"'><p>x</p>")


def test_a_bad_line_of_an_archive_is_named_and_the_others_come_in(tmp_path: Path, db: Any) -> None:
    good = '{"id": %d, "title": "Ngập ở xã Chư Sê", "text": "Mưa lớn.", "fetched_at": "%s"}'
    bad = [
        ("[1]", "expected a JSON object"), ("[" * 100_000, "nested too deeply"), ("{", "not JSON"), ('{"id": 1, "title": "x"}', "needs url"),
        ('{"id": 1, "title": null, "text": "x"}', "needs url"), ('{"id": 1, "html": 5}', "field 'html' must be text"),
        ('{"url": 5, "html": "x"}', "field 'url' must be text"), ('{"id": 1, "html": "x", "source": "nobody"}', "unknown source 'nobody'"),
        (good % (1, "hôm qua"), "'fetched_at' is not an ISO 8601 time"), ("\udcff", "not UTF-8"),
        ('{"url": "http://a.invalid/\\u0000", "html": "x"}', "field 'url' is no address"), ('{"url": "bai-1", "html": "x"}', "field 'url' is no address"),
    ]  # fmt: skip
    lines = ["\ufeff" + good % (90, "2024-03-01T08:00:00"), *(line for line, _ in bad), "", good % (91, "2999-01-01"), good % (92, "2023-05-01T00:00:00Z")]
    file = tmp_path / "archive.jsonl"
    file.write_bytes("\r\n".join(lines).encode("utf-8", "surrogateescape"))
    for landed, known in ((3, 0), (0, 3)):
        stats = import_archive(db, file, datetime.now(UTC))
        assert (stats.landed, stats.known) == (landed, known)
        for number, ((_, words), fault) in enumerate(zip(bad, stats.faults, strict=True), 2):
            assert fault.startswith(f"archive.jsonl, line {number}: ") and words in fault


def test_addresses_archives_and_tables_that_are_none_are_named(tmp_path: Path, db: Any) -> None:
    out = io.StringIO()
    assert discover("http://[bad", out) == 1 and "bad_url" in out.getvalue()
    broken = tmp_path / "broken"
    with pytest.raises(LangNgheError, match="cannot read"):
        import_archive(db, tmp_path / "none", datetime.now(UTC))
    broken.write_bytes(b"\xff\n")
    with pytest.raises(LangNgheError, match="cannot read"):
        import_csv(db, broken, datetime.now(UTC))
    with pytest.raises(LangNgheError, match="cannot read"):
        import_csv(db, tmp_path / "none", datetime.now(UTC))
