"""The score card of an episode: why it was raised, computed from stored rows alone, so that anyone can compute it again.

Ranking (higher comes first):
    coverage × ( min(score, 12)/4 + log2(1 + excess) + ½·log2(outlets) + ¾·kinds of harm + ¼·min(days, 7) + ½·min(max(log2 growth, 0), 3) )
where excess is what the episode's days brought beyond what was expected. Weights are judgement, not fitted; docs/methods.md says so.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from processing.db import Connection
from processing.dedupe.origins import Voice, independent_groups, wire_credit
from processing.hotspots.load import documents
from processing.hotspots.series import Doc

HARM: dict[str, re.Pattern[str]] = {
    "injured": re.compile(r"\b(?:bị thương|nhập viện|cấp cứu|thương vong|injured|hospitali[sz]ed)\b", re.IGNORECASE),
    "dead": re.compile(r"\b(?:thiệt mạng|tử vong|tử nạn|killed|died)\b", re.IGNORECASE),
    "poisoned": re.compile(r"\b(?:ngộ độc|nhiễm độc|poison(?:ed|ing))\b", re.IGNORECASE),
    "evacuated": re.compile(r"\b(?:sơ tán|di dời khẩn|evacuated?|evacuation)\b", re.IGNORECASE),
    "cut_off": re.compile(r"\b(?:bị cô lập|chia cắt|mất điện|mất nước|cắt nước|ngừng cấp nước|cut off)\b", re.IGNORECASE),
}


def harm(texts: Mapping[int, str], groups: Sequence[Sequence[int]]) -> dict[str, int]:
    """Independent origins whose text holds a cue of each kind of harm; kinds without any are left out."""
    found = Counter(kind for group in groups for kind, cue in HARM.items() if any(cue.search(texts.get(doc, "")) for doc in group))
    return {kind: found[kind] for kind in HARM if found[kind]}


def rank(card: Mapping[str, Any]) -> float:
    """Ranking formula of the module's head."""
    excess = max(card["total_observed"] - card["total_expected"], 0.0)
    value = (
        min(card["score"], 12.0) / 4
        + math.log2(1 + excess)
        + 0.5 * math.log2(max(card["outlets"], 1))
        + 0.75 * len(card["harm"])
        + 0.25 * min(card["persistence_days"], 7)
        + 0.5 * min(max(math.log2(max(card["growth"], 1e-3)), 0.0), 3.0)
    )
    return float(round(card["coverage"] * value, 4))


def recompute(conn: Connection, flag_id: int) -> dict[str, Any]:
    """The card of a flag from stored rows: its series, observations, member documents, their annotations and origins."""
    flag = conn.execute(
        "SELECT f.*, s.key, s.kind AS series_kind, s.topic, s.unit_code FROM flag f JOIN series s ON s.id = f.series_id WHERE f.id = %s", [flag_id]
    ).fetchone()
    if flag is None:
        raise LookupError(f"there is no flag {flag_id}")
    rows = conn.execute(
        "SELECT * FROM observation WHERE series_id = %s AND day BETWEEN %s AND %s ORDER BY day", [flag["series_id"], flag["first_day"], flag["last_day"]]
    ).fetchall()
    members = {r["document_id"] for r in conn.execute("SELECT document_id FROM flag_document WHERE flag_id = %s", [flag_id])}
    docs = [d for d in documents(conn, flag["first_day"], flag["last_day"]) if d.id in members]
    peak = min((r for r in rows if r["p_value"] is not None), key=lambda r: (r["p_value"], r["day"]), default=None)
    details = conn.execute(
        """SELECT d.id, d.public_id, d.title, coalesce(v.text, '') AS text, a.method AS annotate, g.method AS cluster FROM document d
           LEFT JOIN document_version v ON v.document_id = d.id AND v.version = d.version
           JOIN annotation a ON a.document_id = d.id AND a.first_seen_at = d.first_seen_at
           LEFT JOIN assignment g ON g.document_id = d.id AND g.first_seen_at = d.first_seen_at
           WHERE d.id = ANY(%s) ORDER BY d.published_at, d.id""",
        [sorted(members)],
    ).fetchall()
    agencies = [r["name"] for r in conn.execute("SELECT name FROM source WHERE kind = 'wire' ORDER BY name")]
    groups = origins(docs, {r["id"]: wire_credit(r["text"], agencies) for r in details})
    by_day = Counter(group[0].day for group in groups)
    units = Counter(unit for group in groups for unit in {u for d in group for u in d.communes})
    names = {r["code"]: r["name"] for r in conn.execute("SELECT code, name FROM unit WHERE code = ANY(%s)", [list(units)])}
    run = conn.execute("SELECT dag_run FROM run WHERE id = %s", [flag["run_id"]]).fetchone() if flag["run_id"] else None
    return {
        "series": flag["key"],
        "topic": flag["topic"],
        "unit": flag["unit_code"],
        "day": (peak["day"] if peak else flag["last_day"]).isoformat(),
        "observed": peak["origins"] if peak else 0,
        "expected": round(peak["expected"], 3) if peak else 0.0,
        "upper": round(peak["upper"]) if peak else 0,
        "p_value": peak["p_value"] if peak else 1.0,
        "score": round(max((r["score"] for r in rows if r["score"] is not None), default=0.0), 4),
        "coverage": round(min((r["coverage"] for r in rows), default=1.0), 3),
        "total_observed": sum(r["origins"] for r in rows),
        "total_expected": round(sum(r["expected"] or 0.0 for r in rows), 3),
        "outlets": len({group[0].owner for group in groups}),
        "origins": len(groups),
        "copies": len(docs) - len(groups),
        "places": [{"code": code, "name": names.get(code, code), "origins": n} for code, n in sorted(units.items(), key=lambda u: (-u[1], u[0]))],
        "spread": len(units),
        "growth": round(_growth(by_day, flag["first_day"], flag["last_day"]), 3),
        "persistence_days": (flag["last_day"] - flag["first_day"]).days + 1,
        "harm": harm({r["id"]: f"{r['title']}\n{r['text']}" for r in details}, [[d.id for d in group] for group in groups]),
        "documents": [str(r["public_id"]) for r in details],
        "methods": {
            "detector": flag["method"],
            "annotate": sorted({r["annotate"] for r in details}),
            "cluster": sorted({r["cluster"] for r in details if r["cluster"]}),
        },
        "run_id": flag["run_id"],
        "dag_run": run["dag_run"] if run else None,
    }


def origins(docs: Sequence[Doc], credits: Mapping[int, str]) -> list[list[Doc]]:
    """Documents by independent origin, as their issues count them: copies, what one owner writes on an issue and what carries one agency's credit there.

    The daily counts go by the story instead: issues change with what analysts decide, and a baseline must not. So they may exceed the card's origins.
    """
    by_issue: dict[object, list[Doc]] = defaultdict(list)
    for doc in sorted(docs, key=lambda d: d.id):
        by_issue[("origin", doc.origin) if doc.issue is None else doc.issue].append(doc)
    groups: dict[object, list[Doc]] = defaultdict(list)
    for issue, some in by_issue.items():
        numbers = independent_groups([Voice(d.origin, d.owner, credits.get(d.id, "")) for d in some])
        for doc, number in zip(some, numbers, strict=True):
            groups[issue, number].append(doc)
    return list(groups.values())


def _growth(by_day: Mapping[dt.date, int], first: dt.date, last: dt.date) -> float:
    """Origins of the episode's last day against the day before it, both plus one so that a first day has a value."""
    before = by_day.get(last - dt.timedelta(days=1), 0) if last > first else 0
    return (by_day.get(last, 0) + 1) / (before + 1)
