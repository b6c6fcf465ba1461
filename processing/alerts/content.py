"""What each kind of mail says, as blocks that the text and the HTML template both print: neither can say more than the other.

All words pass through the catalogue; figures, names and quotes come from the database. Nothing here rates a claim: a rating appears only
as a quote beside its publisher, its kind and its date (SCOPE S6).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from processing.alerts.blocks import (
    HARM,
    VERDICT_WORDS,
    Block,
    Content,
    Superseded,
    day,
    harm_name,
    kind_name,
    number,
    state_name,
    topic_name,
)
from processing.alerts.outbox import link
from processing.alerts.source_week import sections
from processing.db import Connection
from processing.errors import Quarantine
from processing.i18n import Catalogue, local_time, told
from processing.zone import LOCAL

_HEADLINES = 5
def hotspot(conn: Connection, payload: dict[str, Any], words: Catalogue, language: str) -> Content:
    """The immediate alert of one flag."""
    _ = words.gettext
    row = _flag(conn, payload["flag"])
    if row["kind"] != "surge" or row["state"] in ("dismissed", "closed"):
        raise Superseded("the signal was dismissed or withdrawn before it was sent")
    card = row["card"]
    topic, place = topic_name(row["topic"], language), row["place"] or row["province"] or _("the area")
    facts = [
        (_("Service"), topic),
        *([(_("Place"), place)] if row["place"] or row["province"] else []),
        (_("Day"), day(card["day"])),
        (_("Independent reports that day"), number(card["observed"], language)),
        (_("Usual for such a day"), _("%(usual)s (at most %(upper)s)") % {"usual": number(card["expected"], language), "upper": number(card["upper"], language)}),
        (_("Different publishers"), number(card["outlets"], language)),
        (_("Sources heard"), f"{number(round(card['coverage'] * 100), language)} %"),
    ]
    if len(card["places"]) > 1:
        facts.append((_("Places named"), ", ".join(p["name"] for p in card["places"][:5])))
    if card["harm"]:
        facts.append((_("Reports that mention"), "; ".join(f"{harm_name(k, words)}: {number(card['harm'][k], language)}" for k in HARM if k in card["harm"])))
    blocks = [
        Block("note", _("A statistical signal, not verified. It says that more is being published than usual, not that it is right.")),
        Block("facts", rows=facts),
    ]
    blocks += _headlines(conn, card["documents"], _("Reports"))
    where = f"/issues/{row['issue']}" if row["issue"] else "/"
    blocks.append(Block("links", rows=[(_("Open the signal and decide"), link(where))]))
    subject = _("Signal: %(topic)s – %(place)s") % {"topic": topic, "place": place}
    title = row["title"] if row["title"] and not VERDICT_WORDS.search(row["title"]) else f"{topic} – {place}"
    return Content(subject, title, blocks)


def _flag(conn: Connection, public_id: str) -> dict[str, Any]:
    row = conn.execute(
        """SELECT f.kind, f.card, f.first_day, s.topic, u.name AS place, u.province_name AS province, i.public_id AS issue, i.title, i.state
           FROM flag f JOIN series s ON s.id = f.series_id LEFT JOIN issue own ON own.id = f.issue_id
           LEFT JOIN issue_alias x ON x.alias = own.public_id LEFT JOIN issue i ON i.id = coalesce(x.issue_id, own.id)
           LEFT JOIN unit u ON u.code = coalesce(s.unit_code, i.province_code) WHERE f.public_id = %s""",
        [public_id],
    ).fetchone()
    if row is None:
        raise Superseded("the signal is no longer stored")
    return row


def _headlines(conn: Connection, documents: list[str], label: str) -> list[Block]:
    """Headlines of independent origins with publisher, time and address; one that speaks a verdict is left to the review page."""
    rows = conn.execute(
        """SELECT DISTINCT ON (coalesce(c.origin_id, d.id)) d.title, d.canonical_url, d.published_at, s.name FROM document d
           JOIN source s ON s.id = d.source_id LEFT JOIN document_copy c ON c.document_id = d.id AND c.first_seen_at = d.first_seen_at
           WHERE d.public_id = ANY(%s::uuid[]) ORDER BY coalesce(c.origin_id, d.id), d.published_at, d.id""",
        [documents],
    ).fetchall()
    chosen = [r for r in sorted(rows, key=lambda r: (r["published_at"], r["title"])) if not VERDICT_WORDS.search(r["title"])][:_HEADLINES]
    return [Block("links", label, [(f"{r['title']} – {r['name']}, {local_time(r['published_at'])}", r["canonical_url"]) for r in chosen])] if chosen else []


def digest(conn: Connection, payload: dict[str, Any], words: Catalogue, language: str) -> Content:
    """The daily summary; what it lists was fixed when it was written to the outbox."""
    _ = words.gettext
    blocks = [Block("note", _("Signals are statistical and not verified. They say where more is being published than usual."))]
    signals = []
    for public_id in payload["flags"]:
        try:
            row = _flag(conn, public_id)
        except Superseded:
            continue
        figures = _("%(observed)s independent reports, usually %(usual)s") % {
            "observed": number(row["card"]["observed"], language), "usual": number(row["card"]["expected"], language)}  # fmt: skip
        where = row["place"] or _("the area")
        label = f"{topic_name(row['topic'], language)} – {where} ({day(row['card']['day'])}): {figures}"
        signals.append((label, link(f"/issues/{row['issue']}" if row["issue"] else "/")))
    blocks.append(Block("links", _("Signals of the last day"), signals) if signals else Block("text", _("No new signal in the last day.")))
    if payload["claims"]:
        waiting = words.ngettext("%(n)s claim waits for a reviewer.", "%(n)s claims wait for a reviewer.", payload["claims"]) % {"n": payload["claims"]}
        blocks.append(Block("links", waiting, [(_("Open the list of claims"), link("/claims"))]))
    if payload["feedback"]:
        rows = [
            (f"{topic_name(f['topic'], language)} – {f['place']}", _("at least %(n)s reports, week of %(week)s") % {"n": number(f["n"], language), "week": day(f["week"])})
            for f in payload["feedback"]
        ]
        blocks.append(Block("facts", _("Reports to public services, in aggregate"), rows))
    if payload["sources"]:
        rows = [(s["name"], state_name(s["state"], words)) for s in payload["sources"]]
        blocks.append(Block("facts", _("Sources that bring nothing now; what they cover may be missing above"), rows))
    blocks.append(Block("links", rows=[(_("Open the review page"), link("/"))]))
    heading = _("Summary of %(day)s") % {"day": day(payload["day"])}
    return Content(heading, heading, blocks)


def source(conn: Connection, payload: dict[str, Any], words: Catalogue, language: str) -> Content:
    """A source broke, refuses us, was stopped, or is back. For administrators."""
    _ = words.gettext
    back = payload["state"] not in ("BROKEN", "BLOCKED", "DISABLED") and not payload.get("warns")
    name = payload["name"]
    subject = (_("Source is back: %(name)s") if back else _("Source needs care: %(name)s")) % {"name": name}
    says = _("It can be read again. What it published meanwhile is fetched and counts on the day it was published.") if back else _(
        "Nothing new comes from it. Signals in the places it covers are judged on the sources that are left."
    )
    facts = [
        (_("Source"), name),
        (_("State"), f"{state_name(payload['before'], words)} → {state_name(payload['state'], words)}"),
        (_("Since"), local_time(datetime.fromisoformat(payload["at"]))),
    ]
    if reason := told(payload.get("said"), language) or payload["reason"]:
        facts.append((_("Reason"), reason))
    return Content(subject, subject, [Block("text", says), Block("facts", rows=facts), Block("links", rows=[(_("Open the list of sources"), link("/sources"))])])


def claim_answer(conn: Connection, payload: dict[str, Any], words: Catalogue, language: str) -> Content:
    """What a named publisher has published about a claim in circulation, after a named reviewer confirmed the match (SCOPE S6, S11)."""
    _ = words.gettext
    row = conn.execute(
        """SELECT m.state, m.decided_at, c.public_id AS claim_id, c.text, c.topic, k.publisher, k.publisher_kind, k.claim, k.title, k.rating, k.url,
               k.published_at, k.withdrawn_at, u.display_name AS reviewer
           FROM match m JOIN claim c ON c.id = m.claim_id JOIN fact_check k ON k.id = m.fact_check_id LEFT JOIN app_user u ON u.id = m.decided_by
           WHERE m.public_id = %s""",
        [payload["match"]],
    ).fetchone()
    if row is None or row["state"] != "confirmed" or row["reviewer"] is None or row["withdrawn_at"] is not None:
        raise Superseded("the match is not confirmed by a reviewer, or the publisher withdrew its check")
    said = {"publisher": row["publisher"], "date": day(row["published_at"].astimezone(LOCAL).date())}
    if row["rating"]:
        line, quote = _("%(publisher)s rated this on %(date)s:") % said, row["rating"]
    else:
        line, quote = _("%(publisher)s published on this on %(date)s:") % said, row["title"] or row["claim"]
    blocks = [
        Block("quote", row["text"], [(_("In circulation"), "")]),
        Block("quote", row["claim"], [(_("What the publisher examined"), "")]),
        Block("quote", quote, [(line, "")]),
        Block("facts", rows=[(_("Kind of publication"), kind_name(row["publisher_kind"], words)), (_("Confirmed as the same claim by"), row["reviewer"]),
                             (_("Confirmed on"), local_time(row["decided_at"]))]),
        Block("links", rows=[(_("Read it at the publisher"), row["url"]), (_("Open the claim"), link(f"/claims/{row['claim_id']}"))]),
    ]  # fmt: skip
    subject = _("Published answer: %(publisher)s, %(date)s") % said
    return Content(subject, subject, blocks)


def correction(conn: Connection, payload: dict[str, Any], words: Catalogue, language: str) -> Content:
    """To everyone who got a mail that no longer stands (SCOPE S12)."""
    _ = words.gettext
    what = {
        "hotspot": _("The signal we sent you earlier no longer stands."),
        "claim_answer": _("The published answer we sent you earlier no longer stands."),
    }.get(payload["corrects"], _("A mail we sent you earlier no longer stands."))
    blocks = [Block("note", what)]
    reason = {
        "the publisher withdrew what it had published": _("the publisher withdrew what it had published"),
        "the publisher changed what it had published": _("the publisher changed what it had published"),
        "the page it stood on was removed on request": _("the page it stood on was removed on request"),
        "the reviewers revised their decision": _("the reviewers revised their decision"),
    }.get(payload["reason"], payload["reason"])
    if reason and not VERDICT_WORDS.search(reason):
        blocks.append(Block("facts", rows=[(_("Reason"), reason)]))
    now = _published_now(conn, payload, words) if payload["corrects"] == "claim_answer" else []
    *told, last = now or [Block("links", rows=[(_("Open the review page"), link("/"))])]
    blocks += [*told, Block("text", _("If you passed it on, please pass this on too.")), last]
    return Content(_("Correction of an earlier mail"), _("Correction of an earlier mail"), blocks)


def _published_now(conn: Connection, payload: dict[str, Any], words: Catalogue) -> list[Block]:
    """What the publisher of a corrected answer says by now, in its own words, as far as a reviewer's confirmation still covers it."""
    _ = words.gettext
    row = conn.execute(
        """SELECT c.text, c.public_id AS claim_id, m.state, k.publisher, k.publisher_kind, k.rating, k.title, k.claim, k.url, k.updated_at, k.withdrawn_at
           FROM match m JOIN claim c ON c.id = m.claim_id JOIN fact_check k ON k.id = m.fact_check_id WHERE m.public_id = %s""",
        [payload["match"]],
    ).fetchone()
    if row is None:
        return []
    blocks = [Block("facts", rows=[(_("Publisher"), row["publisher"])]), Block("quote", row["text"], [(_("In circulation"), "")])]
    if row["withdrawn_at"] is None and row["state"] == "confirmed":
        line = _("%(publisher)s says now, as read on %(date)s:") % {
            "publisher": row["publisher"], "date": day(row["updated_at"].astimezone(LOCAL).date())}  # fmt: skip
        blocks += [
            Block("quote", row["rating"] or row["title"] or row["claim"], [(line, "")]),
            Block("facts", rows=[(_("Kind of publication"), kind_name(row["publisher_kind"], words))]),
            Block("links", rows=[(_("Read it at the publisher"), row["url"])]),
        ]
    return [*blocks, Block("links", rows=[(_("Open the claim"), link(f"/claims/{row['claim_id']}"))])]


def assignment(conn: Connection, payload: dict[str, Any], words: Catalogue, language: str) -> Content:
    """An issue handed to the service that can put it right."""
    _ = words.gettext
    row = conn.execute(
        """SELECT i.title, i.topic, i.documents, i.origins, u.name AS place, s.name_vi, s.name_en FROM issue i
           LEFT JOIN service s ON s.id = i.service_id LEFT JOIN unit u ON u.code = coalesce(i.commune_codes[1], i.province_code)
           WHERE i.public_id = %s AND i.state = 'assigned'""",
        [payload["issue"]],
    ).fetchone()
    if row is None:
        raise Superseded("the issue is no longer assigned")
    topic, where = topic_name(row["topic"], language), [(_("Place"), row["place"])] if row["place"] else []
    subject = f"{topic} – {row['place']}" if row["place"] else topic
    documents = [str(r["public_id"]) for r in conn.execute(_ISSUE_DOCUMENTS, [payload["issue"]])]
    blocks = [
        Block("text", _("People are concerned about the following. It is sent to you because your service can put it right and answer in public.")),
        Block("facts", rows=[(_("Sent to"), str(row["name_vi" if language == "vi" else "name_en"])), (_("Subject"), topic), *where,
                             (_("Independent reports"), number(row["origins"], language))]),
        *_headlines(conn, documents, _("Reports")),
    ]  # fmt: skip
    title = row["title"] if not VERDICT_WORDS.search(row["title"]) else subject
    return Content(_("For your attention: %(subject)s") % {"subject": subject}, title, blocks)


_ISSUE_DOCUMENTS = """
SELECT d.public_id FROM issue i JOIN issue_story x ON x.issue_id = i.id JOIN assignment a ON a.story_id = x.story_id JOIN document d ON d.id = a.document_id
WHERE i.public_id = %s ORDER BY d.published_at DESC, d.id LIMIT 50
"""

def source_week(conn: Connection, payload: dict[str, Any], words: Catalogue, language: str) -> Content:
    """The week's report on sources. For administrators."""
    _ = words.gettext
    subject = _("Sources in week %(week)s of %(year)s") % {"week": payload["week"], "year": payload["year"]}
    read = _("%(well)s of %(read)s sources are read as expected.") % {"well": payload["well"], "read": payload["read"]}
    calm = _("None wants your attention.")
    blocks = [Block("text", read if payload["findings"] else f"{read} {calm}")]
    blocks += [Block("facts", heading, rows) for heading, rows in sections(payload, language)]
    return Content(subject, subject, [*blocks, Block("links", rows=[(_("Open the list of sources"), link("/sources"))])])


def desk(conn: Connection, payload: dict[str, Any], words: Catalogue, language: str) -> Content:
    """Requests wait at the public desk. Figures and dates alone: what was asked, of which page and in whose words stands on the desk, behind the sign-in."""
    _ = words.gettext
    row = conn.execute("SELECT count(*) AS n, min(due_at) AS due FROM removal_request WHERE state = 'open'").fetchone()
    if row is None or not row["n"]:
        raise Superseded("every request was answered meanwhile")
    subject = words.ngettext("%(n)s request waits at the desk", "%(n)s requests wait at the desk", row["n"]) % {"n": number(row["n"], language)}
    says = _("Somebody asked for a page's removal, or what is held of it, and is owed an answer. Only an officer or an administrator can give it.")
    facts = [(_("Answer the first until"), local_time(row["due"]))]
    return Content(subject, subject, [Block("text", says), Block("facts", rows=facts), Block("links", rows=[(_("Open the desk"), link("/desk"))])])


WRITERS = {"desk": desk, "source_week": source_week, "hotspot": hotspot, "digest": digest, "source": source, "claim_answer": claim_answer, "correction": correction, "assignment": assignment}


def write(conn: Connection, kind: str, payload: dict[str, Any], words: Catalogue, language: str) -> Content:
    """The content of one mail in one language. Raises Superseded when its cause is gone, Quarantine when the kind is unknown."""
    if kind not in WRITERS:
        raise Quarantine(f"there is no mail of kind {kind!r}")
    return WRITERS[kind](conn, payload, words, language)
