"""The town's feeds: RSS, Atom, sitemap, ClaimReview data feed and an Open311 board, with the faults that such feeds have."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from html import escape

from processing.stack.demo.articles import Article
from processing.stack.demo.canaries import USER_PARAMETER, persona
from processing.stack.demo.pages import body_html, claim_review, url_of
from processing.stack.demo.town import LOCAL, Outlet, commune, communes

_REPORTS = (
    ("environment_water", "Nước sinh hoạt", ("Nước máy ở {xa} có mùi dầu, nổi váng từ tối qua.", "{thon}, {xa}: vòi nước chảy ra nước vàng, mong kiểm tra.", "Nhà tôi ở {xa} mất nước sạch từ sáng.")),
    ("waste", "Thu gom rác", ("Rác ở {cho}, {xa} ba ngày chưa được thu gom.", "Xe rác bỏ chuyến vào {thon}, {xa}.")),
    ("transport", "Đường sá", ("Ổ gà lớn trên {duong}, {xa} gây ngã xe.", "Đèn đường và biển báo ở {thon}, {xa} bị che khuất.")),
    ("electricity_telecoms", "Điện", ("Điện yếu vào buổi tối ở {thon}, {xa}.", "Cột điện ở {duong}, {xa} bị nghiêng.")),
)  # fmt: skip


def rss(outlet: Outlet, articles: Sequence[Article], port: int, *, full: bool = False, summary: bool = True) -> str:
    """RSS 2.0 with by-lines and tracking in the links. `full` carries the text, `summary` the lead."""
    items = []
    for article in articles:
        who = persona(article.number)
        url = f"{url_of(article, port)}?utm_source=rss&author={USER_PARAMETER}"
        content = f"<content:encoded><![CDATA[<p>{escape(article.lead)}</p>\n{body_html(article)}]]></content:encoded>" if full else ""
        lead = f"<description>{escape(article.lead)}</description>" if summary else "<description></description>"
        items.append(
            f"<item><title>{escape(article.title)}</title><link>{escape(url)}</link><guid isPermaLink=\"true\">{escape(url_of(article, port))}</guid>"
            f"<pubDate>{format_datetime(article.published)}</pubDate><dc:creator>{who.name}</dc:creator><author>{who.email} ({who.name})</author>"
            f'<media:credit role="photographer">{who.name}</media:credit>{lead}{content}</item>'
        )
    return _channel(outlet, port, items)


def nukeviet_rss(outlet: Outlet, articles: Sequence[Article], port: int) -> str:
    """RSS as NukeViet prints it: the month stands where the minutes belong, UTC is claimed for local time, and `news_12` for a guid."""
    items = []
    for article in articles:
        at = article.published.astimezone(UTC)
        lying = at.replace(minute=at.month)
        items.append(
            f"<item><title>{escape(article.title)}</title><link>{escape(url_of(article, port))}</link>"
            f'<guid isPermaLink="false"><![CDATA[news_{article.number}]]></guid><pubDate>{lying:%a, %-d %b %Y %H:%M:%S} GMT</pubDate>'
            f"<description><![CDATA[{article.lead}]]></description></item>"
        )
    return _channel(outlet, port, items, "<generator><![CDATA[NukeViet v4.5]]></generator>")


def _channel(outlet: Outlet, port: int, items: Sequence[str], extra: str = "") -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"><channel>'
        f"<title>{escape(outlet.name)}</title><link>http://{outlet.address}:{port}/</link><description>{escape(outlet.name)}</description><language>vi</language>"
        f"{extra}{''.join(items)}</channel></rss>\n"
    )


def atom(outlet: Outlet, articles: Sequence[Article], port: int) -> str:
    """The feed of an institution's channel: full text, and an account in every author element."""
    entries = []
    for article in articles:
        who = persona(article.number)
        html = escape(f"<p>{escape(article.lead)}</p>\n{body_html(article)}")
        entries.append(
            f"<entry><id>tag:{outlet.key},2026:video/{article.number}</id><title>{escape(article.title)}</title><link rel=\"alternate\" href=\"{escape(url_of(article, port))}\"/>"
            f"<published>{article.published.isoformat()}</published><updated>{article.published.isoformat()}</updated>"
            f"<author><name>{who.name}</name><uri>http://{outlet.address}:{port}/@{who.handle}</uri><email>{who.email}</email></author>"
            f'<content type="html">{html}</content></entry>'
        )
    newest = articles[0].published.isoformat() if articles else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>{escape(outlet.name)}</title><id>http://{outlet.address}:{port}/</id><updated>{newest}</updated>{''.join(entries)}</feed>\n"
    )


def sitemap(outlet: Outlet, articles: Sequence[Article], port: int) -> str:
    """A sitemap of pages and nothing more."""
    rows = "".join(f"<url><loc>{escape(url_of(article, port))}</loc><lastmod>{article.published.isoformat()}</lastmod></url>" for article in articles)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>\n'


def claim_feed(articles: Sequence[Article], port: int) -> str:
    """A DataFeed of ClaimReview, as fact-checkers hand it to search engines."""
    rows = [
        {"@type": "DataFeedItem", "dateModified": a.published.isoformat(), "url": url_of(a, port), "item": [claim_review(a, port)]} for a in articles
    ]
    return json.dumps({"@context": "https://schema.org", "@type": "DataFeed", "dataFeedElement": rows}, ensure_ascii=False)


def reports(day: date, round_: int) -> str:
    """The Open311 board: reports of the live day and the three days before, each with its reporter's data in the fields that boards leave open."""
    chance = random.Random(f"reports {day}")  # noqa: S311 - invented reports, no secret
    rows: list[dict[str, object]] = []
    for back in range(3, -1, -1):
        for number in range(8 if back else 14):
            water = back == 0 and number < 9
            topic, service, words = _REPORTS[0] if water else chance.choice(_REPORTS[1:])
            place = commune("D0106") if water else chance.choice(communes())
            slots = {"xa": place.name, "thon": chance.choice(place.thon), "duong": chance.choice(place.duong), "cho": chance.choice(place.cho)}
            when = datetime.combine(day - timedelta(days=back), time(chance.randint(6, 21), chance.randint(0, 59)), LOCAL)
            description = chance.choice(words).format(**slots)
            if back or round_ == 2 or when.hour < 14:
                rows.append(_report(when, f"{topic}-{back}-{number}", service, description[0].upper() + description[1:], place.name, len(rows)))
    return json.dumps(rows, ensure_ascii=False)


def _report(when: datetime, code: str, service: str, description: str, place: str, number: int) -> dict[str, object]:
    who = persona(number)
    return {
        "service_request_id": f"PA-{when:%Y%m%d}-{code}", "status": "open", "service_name": service, "service_code": code.split("-")[0],
        "description": f"{description} Gọi tôi {who.phone}, {who.name}.", "requested_datetime": when.isoformat(), "address": place,
        "first_name": who.name.split()[0], "last_name": who.name, "email": who.email, "phone": who.phone, "account_id": who.handle, "media_url": f"/anh/{who.handle}.jpg",
    }  # fmt: skip
