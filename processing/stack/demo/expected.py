"""Hold what a run of the demo town came to against what was written down beforehand (`expected.toml`)."""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from processing.db import Connection
from processing.stack.demo.articles import Article, town
from processing.stack.demo.pages import path_of
from processing.stack.demo.town import BY_KEY, HERE, live_day

_BY_ADDRESS = {outlet.address: outlet.key for outlet in BY_KEY.values()}
_TIERS = ("confirmable", "suggested")


def expected() -> dict[str, Any]:
    """The outcome as data."""
    return tomllib.loads((HERE / "expected.toml").read_text(encoding="utf-8"))


def compare(conn: Connection, mail_dir: Path | None, *, digest: bool = True, without: Iterable[str] = ()) -> list[str]:
    """Differences from the expected outcome after both rounds, in plain words; empty when there is none.

    `digest`: whether the daily digest was asked for. `without`: stories that the run left out on purpose.
    """
    left_out = set(without)
    want = expected()
    day = live_day()
    published = {_name(a.source, path_of(a)): a for a in town(day) if a.story not in left_out}
    checks = (
        _documents(conn, want, published),
        _unfinished(conn),
        _flags(conn, want, published, left_out),
        _wire(conn, want, published, left_out),
        _sources(conn, want),
        _matches(conn, want, published),
        _feedback(conn, want),
        _mails(conn, want, mail_dir, digest),
    )
    return [line for check in checks for line in check]


def _name(source: str, path: str) -> str:
    return f"{source}{path}"


def name_of(url: str) -> str:
    """An address without the port, which differs between runs: source key and path."""
    parts = urlsplit(url)
    return _name(_BY_ADDRESS.get(parts.hostname or "", parts.hostname or ""), parts.path)


def _documents(conn: Connection, want: dict[str, Any], published: dict[str, Article]) -> Iterator[str]:
    stored: dict[str, dict[str, Any]] = {}
    rows = conn.execute(
        """SELECT d.id, s.key, d.canonical_url, d.title, d.published_at, d.version, v.text FROM document d JOIN source s ON s.id = d.source_id
           JOIN document_version v ON v.document_id = d.id AND v.version = d.version ORDER BY d.id"""
    ).fetchall()
    for row in rows:
        if name_of(row["canonical_url"]) in stored:
            yield f"stored twice: {name_of(row['canonical_url'])}"
        stored[name_of(row["canonical_url"])] = row
    counts = Counter(row["key"] for row in rows)
    for key, (least, most) in want["documents"].items():
        if not least <= counts[key] <= most:
            yield f"{key}: {counts[key]} documents, expected {least} to {most}"
    yield from _some("published but not stored", sorted(set(published) - set(stored)))
    yield from _some("stored but never published", sorted(set(stored) - set(published)))
    both = sorted(set(stored) & set(published))
    yield from _some("title differs", [n for n in both if stored[n]["title"] != published[n].title])
    yield from _some("minute of publication differs", [n for n in both if stored[n]["published_at"] != published[n].published])
    yield from _some("text lacks its lead or its last paragraph", [n for n in both if not _has_text(stored[n]["text"], published[n])])
    yield from _some("more than one version", [n for n in both if stored[n]["version"] != 1])


def _has_text(text: str, article: Article) -> bool:
    lines = text.split("\n")
    return lines[0] == article.lead and all(paragraph in lines for paragraph in article.paragraphs)


def _some(what: str, names: list[str]) -> Iterator[str]:
    if names:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        yield f"{what}: {', '.join(names[:3])}{more}"


def _unfinished(conn: Connection) -> Iterator[str]:
    for row in conn.execute("SELECT stage, waiting, quarantined FROM processing_lag").fetchall():
        if row["waiting"] or row["quarantined"]:
            yield f"stage {row['stage']}: {row['waiting']} records wait, {row['quarantined']} were set aside"


def _flags(conn: Connection, want: dict[str, Any], published: dict[str, Article], left_out: set[str]) -> Iterator[str]:
    surges = {row["key"]: row["id"] for row in conn.execute("SELECT f.id, s.key FROM flag f JOIN series s ON s.id = f.series_id WHERE f.kind = 'surge'")}
    for key in sorted(set(want["flags"]["surge"]) - set(surges)):
        yield f"no surge was raised for {key}"
    for key in sorted(set(surges) - set(want["flags"]["surge"])):
        yield f"a surge was raised for {key}, which nothing in the town warrants"
    lone = conn.execute(
        """SELECT s.key FROM flag f JOIN series s ON s.id = f.series_id LEFT JOIN issue i ON i.id = f.issue_id AND i.topic = s.topic
           WHERE f.kind = 'surge' AND i.id IS NULL ORDER BY 1"""
    )
    yield from _some("a surge without an issue of its topic to work on", [row["key"] for row in lone])
    members = defaultdict(set)
    rows = conn.execute(
        """SELECT s.key, d.canonical_url FROM flag f JOIN series s ON s.id = f.series_id JOIN flag_document m ON m.flag_id = f.id
           JOIN document d ON d.id = m.document_id WHERE f.kind = 'surge'"""
    )
    for row in rows:
        members[row["key"]].add(name_of(row["canonical_url"]))
    never = set(want["flags"]["never"]["stories"])
    for key, names in sorted(members.items()):
        yield from _some(f"counted for {key} though it may not be", sorted(n for n in names if n in published and published[n].story in never))
    for key, source in want["flags"]["letters"].items():
        letters = {n for n, a in published.items() if a.kind == "letter" and a.source == source and key.endswith(str(a.commune))}
        if key in members and not letters <= members[key]:
            yield f"the reader's letter was not counted for {key}"
    if "column" not in left_out:
        columns = [n for n, a in published.items() if a.kind == "column"]
        rows = conn.execute(
            "SELECT c.text, d.canonical_url FROM claim c JOIN claim_sighting g ON g.claim_id = c.id JOIN document d ON d.id = g.document_id"
        )
        yield from _some("a claim was written from a column of opinion", sorted({r["text"] for r in rows if name_of(r["canonical_url"]) in columns}))


def _wire(conn: Connection, want: dict[str, Any], published: dict[str, Article], left_out: set[str]) -> Iterator[str]:
    if want["wire"]["story"] in left_out:
        return
    of_story = {n for n, a in published.items() if a.story == want["wire"]["story"]}
    rows = conn.execute(
        """SELECT d.canonical_url, o.canonical_url AS origin FROM document d JOIN document_copy c ON c.document_id = d.id
           JOIN document o ON o.id = c.origin_id WHERE d.published_at > now() - interval '400 days'"""
    )
    origins = {name_of(r["canonical_url"]): name_of(r["origin"]) for r in rows}
    found = [origins.get(name, name) for name in sorted(of_story)]
    if len(of_story) != want["wire"]["copies"] + 1 or len(set(found)) != 1:
        yield f"the wire story and its copies have {len(set(found))} origins, expected one: {', '.join(sorted(set(found)))}"


def _sources(conn: Connection, want: dict[str, Any]) -> Iterator[str]:
    alerted = defaultdict(list)
    for row in conn.execute("SELECT payload ->> 'source' AS key, payload ->> 'state' AS state FROM outbox WHERE kind = 'source' ORDER BY payload ->> 'at'"):
        alerted[row["key"]].append(row["state"])
    wanted = {row["source"]: row["states"] for row in want["source_alert"]}
    for key in sorted(set(alerted) | set(wanted)):
        if alerted[key] != wanted.get(key, []):
            yield f"source alerts of {key}: {', '.join(alerted[key]) or 'none'}; expected {', '.join(wanted.get(key, [])) or 'none'}"


def _matches(conn: Connection, want: dict[str, Any], published: dict[str, Article]) -> Iterator[str]:
    story_of = {n: a.story for n, a in published.items() if a.kind in ("check", "statement")}
    found = defaultdict(set)
    rows = conn.execute("SELECT m.tier, m.state, c.text, k.url, k.publisher_kind FROM match m JOIN claim c ON c.id = m.claim_id JOIN fact_check k ON k.id = m.fact_check_id")
    for row in rows:
        if row["state"] != "suggested":
            yield f"a match was decided without a reviewer: {row['text']}"
        if row["tier"] in _TIERS:
            found[story_of.get(name_of(row["url"]))].add(row["publisher_kind"])
    for story in sorted(set(found) | set(want["matches"]), key=str):
        kinds, wanted = found[story], want["matches"].get(str(story))
        if wanted is None:
            yield f"a claim was matched with {story}, which nobody claims on the live day"
        elif kinds != {wanted}:
            yield f"check {story}: found as {', '.join(sorted(kinds)) or 'nothing'}, expected {wanted}"


def _feedback(conn: Connection, want: dict[str, Any]) -> Iterator[str]:
    shown = {f"{r['topic']}:{r['unit_code']}": r["reports_at_least"] for r in conn.execute("SELECT * FROM feedback_shown")}
    for key, least in want["feedback"].items():
        if shown.get(key, 0) < least:
            yield f"reports shown for {key}: {shown.get(key, 0)}, expected at least {least}"


def _mails(conn: Connection, want: dict[str, Any], mail_dir: Path | None, digest: bool) -> Iterator[str]:
    wanted = {kind: number for kind, number in want["mails"].items() if digest or kind != "digest"}
    sent = {r["kind"]: r["n"] for r in conn.execute("SELECT kind, count(*) AS n FROM outbox WHERE state = 'sent' GROUP BY kind")}
    for kind in sorted(set(wanted) | set(sent)):
        if sent.get(kind, 0) != wanted.get(kind, 0):
            yield f"mails of kind {kind}: {sent.get(kind, 0)} sent, expected {wanted.get(kind, 0)}"
    waiting = conn.execute("SELECT count(*) AS n FROM outbox WHERE state <> 'sent'").fetchone()
    if waiting and waiting["n"]:
        yield f"{waiting['n']} mails were not sent"
    if mail_dir is not None:
        names = [BytesParser(policy=policy.default).parsebytes(path.read_bytes())["Message-ID"] for path in sorted(mail_dir.glob("*.eml"))]
        if len(names) != sum(wanted.values()):
            yield f"{len(names)} mails arrived, expected {sum(wanted.values())}"
        if len(set(names)) != len(names):
            yield f"{len(names) - len(set(names))} mails arrived twice"


def outcome(conn: Connection) -> dict[str, Any]:
    """What stands in the database, by natural keys only: two runs came to the same exactly when their outcomes are equal."""
    stories = defaultdict(set)
    for r in conn.execute(
        """SELECT coalesce(m.story_id, a.story_id) AS story, d.canonical_url FROM assignment a JOIN document d ON d.id = a.document_id
           LEFT JOIN story_alias m ON m.alias = a.story_id"""
    ):
        stories[r["story"]].add(name_of(r["canonical_url"]))
    flags = defaultdict(set)
    for r in conn.execute(
        """SELECT s.key, f.kind, f.first_day, f.last_day, d.canonical_url FROM flag f JOIN series s ON s.id = f.series_id
           LEFT JOIN flag_document m ON m.flag_id = f.id LEFT JOIN document d ON d.id = m.document_id WHERE s.kind <> 'issue'"""
    ):
        flags[r["key"], r["kind"], _iso(r["first_day"]), _iso(r["last_day"])].add(name_of(r["canonical_url"] or ""))
    return {
        "documents": _documents_by_name(conn),
        "copies": {
            name_of(r["url"]): (name_of(r["origin"]), r["relation"])
            for r in conn.execute(
                """SELECT d.canonical_url AS url, o.canonical_url AS origin, c.relation FROM document_copy c
                   JOIN document d ON d.id = c.document_id JOIN document o ON o.id = c.origin_id"""
            )
        },
        "stories": sorted(sorted(members) for members in stories.values()),
        "flags": {" ".join(key): sorted(members) for key, members in sorted(flags.items())},
        "matches": sorted(
            (r["text"], name_of(r["url"]), r["tier"], r["state"])
            for r in conn.execute(
                "SELECT c.text, k.url, m.tier, m.state FROM match m JOIN claim c ON c.id = m.claim_id JOIN fact_check k ON k.id = m.fact_check_id"
            )
        ),
        "feedback": sorted((r["topic"], r["unit_code"], _iso(r["week"]), r["reports"]) for r in conn.execute("SELECT * FROM feedback_count")),
        "mails": sorted(
            (r["kind"], r["recipient"], r["about"] or "", r["state"])
            for r in conn.execute(
                """SELECT o.kind, o.recipient, o.state, coalesce(o.payload ->> 'source' || ' ' || (o.payload ->> 'state'), s.key) AS about FROM outbox o
                   LEFT JOIN flag f ON f.public_id::text = o.payload ->> 'flag' LEFT JOIN series s ON s.id = f.series_id"""
            )
        ),
    }


def _documents_by_name(conn: Connection) -> dict[str, tuple[Any, ...]]:
    rows = conn.execute(
        """SELECT d.canonical_url, d.title, d.published_at, d.version, v.text, a.topic, a.province_code,
               ARRAY(SELECT p.unit_code FROM document_place p WHERE p.document_id = d.id ORDER BY p.unit_code) AS places
           FROM document d JOIN document_version v ON v.document_id = d.id AND v.version = d.version LEFT JOIN annotation a ON a.document_id = d.id"""
    )
    return {
        name_of(r["canonical_url"]): (
            r["title"], r["published_at"].isoformat(), r["version"], hashlib.sha256(r["text"].encode()).hexdigest()[:16], r["topic"], r["province_code"],
            tuple(r["places"]),
        )
        for r in rows
    }  # fmt: skip


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
