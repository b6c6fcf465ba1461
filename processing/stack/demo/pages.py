"""Article pages in the shapes of the content systems that such publishers use, with menus, by-lines, comments and related links around the text."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from html import escape

from processing.stack.demo.articles import Article
from processing.stack.demo.canaries import ACCOUNTS, ADDRESSES, IDENTITY_NUMBERS, PLATES, persona
from processing.stack.demo.town import BY_KEY, Outlet
from processing.text import fold

_WEEKDAYS = ("Thứ hai", "Thứ ba", "Thứ tư", "Thứ năm", "Thứ sáu", "Thứ bảy", "Chủ nhật")
_SECTIONS = ("Thời sự", "Đời sống", "Kinh tế", "Văn hóa", "Bạn đọc", "Giáo dục", "Sức khỏe")


def path_of(article: Article) -> str:
    """The article's path on its site."""
    shape = BY_KEY[article.source].shape
    if shape == "nukeviet":
        return f"/tin-tuc/{article.slug}-{article.number}.html"
    if shape == "channel":
        return f"/videos/{article.number}"
    if shape == "wordpress":
        return f"/{article.published:%Y/%m/%d}/{article.slug}/"
    if shape in ("fact_check", "statement"):
        return f"/bai/{article.slug}"
    return f"/thoi-su/{article.slug}-{article.number}.html"


def url_of(article: Article, port: int) -> str:
    """The article's address in full."""
    return f"http://{BY_KEY[article.source].address}:{port}{path_of(article)}"


def page(article: Article, port: int, related: Sequence[Article] = ()) -> str:
    """The page's HTML. `related` are listed under the text."""
    outlet = BY_KEY[article.source]
    links = "".join(f'<li><a href="{escape(path_of(other))}" title="{escape(other.title)}">{escape(other.title)}</a></li>' for other in related)
    return _SHAPES[outlet.shape](article, outlet, port, links)


def body_html(article: Article) -> str:
    """The paragraphs, the wire's credit and a signature line, as full-text feeds carry them too."""
    parts = [f"<p>{escape(text)}</p>" for text in article.paragraphs]
    who = persona(article.number)
    if article.kind == "letter":
        parts.append(f"<p>Liên hệ: {ADDRESSES[article.number % 2]}, điện thoại {who.phone}, thư điện tử {who.email}, số căn cước {IDENTITY_NUMBERS[article.number % 2]}. "
                     f"Ai muốn giúp xin gửi vào tài khoản {ACCOUNTS[article.number % 2]}, xe chở nước biển số {PLATES[article.number % 2]}.</p>")  # fmt: skip
    if article.credit:
        parts.append(f"<p><em>Theo {escape(article.credit)}</em></p>")
    elif article.kind in ("article", "letter", "column"):
        parts.append(f'<p style="text-align: right;"><strong>{who.name}</strong></p>')
    return "\n".join(parts)


def vietnamese_time(moment: datetime, dash: str = " - ") -> str:
    """`Thứ ba - 12/03/2024 19:03`, as portals print it."""
    return f"{_WEEKDAYS[moment.weekday()]}{dash}{moment:%d/%m/%Y %H:%M}"


def _head(article: Article, outlet: Outlet, port: int, extra: str = "", *, time: bool = True) -> str:
    who = persona(article.number)
    published = f'<meta property="article:published_time" content="{article.published.isoformat()}">' if time else ""
    return (
        f'<!DOCTYPE html>\n<html lang="vi">\n<head>\n<meta charset="utf-8">\n<title>{escape(article.title)} - {escape(outlet.name)}</title>\n'
        f'<meta name="description" content="{escape(article.lead)}">\n<meta name="author" content="{who.name}">\n'
        f'<meta property="og:title" content="{escape(article.title)}">\n<meta property="og:type" content="article">\n'
        f'<meta property="og:site_name" content="{escape(outlet.name)}">\n<meta name="twitter:creator" content="@{who.handle}">\n{published}\n'
        f'<link rel="canonical" href="{escape(url_of(article, port))}">\n{extra}</head>\n'
    )


def _menu() -> str:
    return '<nav class="menu"><ul>' + "".join(f'<li><a href="/{fold(name).replace(" ", "-")}/">{name}</a></li>' for name in _SECTIONS) + "</ul></nav>"


def _comments(article: Article) -> str:
    who = persona(article.number + 1)
    return (
        '<section class="comments" id="binh-luan"><h3>Ý kiến bạn đọc</h3>'
        f'<div class="comment"><a class="avatar" href="/thanh-vien/{who.handle}"><img src="/avatars/{who.handle}.jpg" alt="{who.name}"></a>'
        f'<b class="comment-author">{who.name}</b> <span>@{who.handle}</span><p>Tôi đã đọc bài này, ai cần gọi {who.phone}.</p></div></section>'
    )


def _footer(outlet: Outlet) -> str:
    return f'<footer><p>{escape(outlet.name)}. Giữ bản quyền nội dung trên trang này.</p><p>Tòa soạn: trung tâm tỉnh Hoài Lĩnh.</p></footer>\n</body>\n</html>\n'


def _json_ld(article: Article, outlet: Outlet, port: int) -> str:
    who = persona(article.number)
    data = {
        "@context": "https://schema.org", "@type": "NewsArticle", "headline": article.title, "url": url_of(article, port),
        "datePublished": article.published.isoformat(), "author": {"@type": "Person", "name": who.name, "url": f"/tac-gia/{who.handle}", "email": who.email},
        "publisher": {"@type": "Organization", "name": outlet.name},
    }  # fmt: skip
    return f'<script type="application/ld+json">{json.dumps(data, ensure_ascii=False)}</script>\n'


def _vnexpress(article: Article, outlet: Outlet, port: int, links: str) -> str:
    who = persona(article.number)
    when = f"{_WEEKDAYS[article.published.weekday()]}, {article.published.day}/{article.published.month}/{article.published:%Y, %H:%M} (GMT+7)"
    return (
        _head(article, outlet, port, _json_ld(article, outlet, port))
        + f'<body>\n<header class="section top-header"><a class="logo" href="/">{escape(outlet.name)}</a>{_menu()}</header>\n'
        '<section class="section page-detail"><div class="sidebar-1">\n'
        f'<div class="header-content"><ul class="breadcrumb"><li><a href="/thoi-su/">Thời sự</a></li></ul><span class="date">{when}</span></div>\n'
        f'<h1 class="title-detail">{escape(article.title)}</h1>\n<p class="description">{escape(article.lead)}</p>\n'
        f'<article class="fck_detail">\n{body_html(article)}\n<p class="author_mail"><a href="mailto:{who.email}">{who.name}</a></p>\n</article>\n'
        f'<div class="box-tinlienquanv2"><h3>Tin liên quan</h3><ul>{links}</ul></div>\n{_comments(article)}\n</div></section>\n' + _footer(outlet)
    )


def _vccorp(article: Article, outlet: Outlet, port: int, links: str) -> str:
    who = persona(article.number)
    return (
        _head(article, outlet, port)
        + f'<body class="vccorp">\n<div class="header"><a href="/">{escape(outlet.name)}</a>{_menu()}</div>\n<div class="detail__main">\n'
        f'<h1 class="article-title" data-role="title">{escape(article.title)}</h1>\n'
        f'<div class="detail-author"><span data-role="author"><a href="/tac-gia/{who.handle}.htm">{who.name}</a></span></div>\n'
        f'<div class="detail-time"><div data-role="publishdate">{article.published:%d/%m/%Y %H:%M} GMT+7</div></div>\n'
        f'<h2 class="detail-sapo" data-role="sapo">{escape(article.lead)}</h2>\n'
        f'<div class="detail-content afcbc-body" data-role="content">\n<div class="VCSortableInPreviewMode" type="Photo"><img src="/anh/{article.number}.jpg" alt="">'
        f'<div class="PhotoCMS_Caption"><p>Ảnh minh họa: {who.name}</p></div></div>\n{body_html(article)}\n'
        f'<div class="VCSortableInPreviewMode" type="RelatedOneNews"><ul>{links}</ul></div>\n</div>\n{_comments(article)}\n</div>\n' + _footer(outlet)
    )


def _nukeviet(article: Article, outlet: Outlet, port: int, links: str) -> str:
    who, at = persona(article.number), article.published
    wrong = f"{at:%Y-%m-%d}+07{at:%m:%H:%M}"
    edited = at.replace(hour=23, minute=58).isoformat()
    head = _head(article, outlet, port, f'<meta name="generator" content="NukeViet v4.5">\n<meta property="article:published_time" content="{wrong}">\n', time=False)
    return (
        head + f'<body>\n<header><div class="section-header"><span class="site_name">{escape(outlet.name)}</span></div></header>\n{_menu()}\n'
        '<div class="news_column panel panel-default" itemtype="http://schema.org/NewsArticle" itemscope>\n<div class="panel-body">\n'
        f'<h1 class="title margin-bottom-lg" itemprop="headline">{escape(article.title)}</h1>\n'
        f'<div class="hidden hide d-none" itemprop="author" itemtype="http://schema.org/Person" itemscope><span itemprop="name">{who.name}</span></div>\n'
        f'<span class="hidden hide d-none" itemprop="datePublished">{edited}</span>\n'
        f'<div class="row margin-bottom-lg"><div class="col-md-12"><span class="h5">{vietnamese_time(at)}</span></div></div>\n'
        f'<div class="clearfix"><div class="hometext m-bottom" itemprop="description">{escape(article.lead)}</div></div>\n'
        f'<div id="news-bodyhtml" class="bodytext margin-bottom-lg">\n{body_html(article)}\n</div>\n'
        f'<div class="margin-bottom-lg"><p class="h5 text-right"><strong>Tác giả: </strong>{who.name}</p></div>\n</div>\n</div>\n'
        f'<div class="news_column panel panel-default"><div class="panel-body other-news"><p class="h3">Những tin mới hơn</p><ul>{links}</ul></div></div>\n'
        f"{_comments(article)}\n" + _footer(outlet)
    )


def _zce(article: Article, outlet: Outlet, port: int, links: str) -> str:
    who = persona(article.number)
    return (
        _head(article, outlet, port)
        + f'<body>\n<header class="site-header"><a href="/">{escape(outlet.name)}</a>{_menu()}</header>\n<article class="article">\n'
        f'<h1 class="article__title cms-title">{escape(article.title)}</h1>\n'
        f'<div class="article__meta"><a class="article__author cms-author" href="/tac-gia/{who.handle}">{who.name}</a> '
        f'<time class="time cms-date" datetime="{article.published.isoformat()}">{article.published:%d/%m/%Y %H:%M}</time></div>\n'
        f'<div class="article__sapo cms-desc">{escape(article.lead)}</div>\n<div class="article__body zce-content-body cms-body">\n{body_html(article)}\n</div>\n'
        f'<div class="article__story"><h3>Tin liên quan</h3><ul>{links}</ul></div>\n</article>\n{_comments(article)}\n' + _footer(outlet)
    )


def _wordpress(article: Article, outlet: Outlet, port: int, links: str) -> str:
    who = persona(article.number)
    return (
        _head(article, outlet, port, '<link rel="stylesheet" href="/wp-content/themes/bao/style.css">\n' + _json_ld(article, outlet, port))
        + f'<body class="post-template-default single single-post">\n<header class="site-header"><a href="/">{escape(outlet.name)}</a>{_menu()}</header>\n'
        f'<article class="post type-post status-publish">\n<h1 class="entry-title">{escape(article.title)}</h1>\n'
        f'<div class="entry-meta"><time class="entry-date published" datetime="{article.published.isoformat()}">{article.published:%d/%m/%Y %H:%M}</time> '
        f'<span class="byline">bởi <a class="url fn n" href="/author/{who.handle}/">{who.name}</a></span></div>\n'
        f'<div class="entry-content">\n<p><strong>{escape(article.lead)}</strong></p>\n{body_html(article)}\n</div>\n</article>\n'
        f'<aside class="widget widget_recent_entries"><h2>Bài mới</h2><ul>{links}</ul></aside>\n{_comments(article)}\n' + _footer(outlet)
    )


def _plain(article: Article, outlet: Outlet, port: int, links: str) -> str:
    who = persona(article.number)
    return (
        _head(article, outlet, port, _json_ld(article, outlet, port))
        + f'<body>\n<header><a href="/">{escape(outlet.name)}</a>{_menu()}</header>\n<main><article>\n<h1>{escape(article.title)}</h1>\n'
        f'<p class="meta"><time datetime="{article.published.isoformat()}">{vietnamese_time(article.published, ", ")}</time> <span class="author">{who.name}</span></p>\n'
        f'<p class="sapo lead"><strong>{escape(article.lead)}</strong></p>\n<div class="content">\n{body_html(article)}\n</div>\n</article></main>\n'
        f'<aside><h3>Tin liên quan</h3><ul>{links}</ul></aside>\n{_comments(article)}\n' + _footer(outlet)
    )


def claim_review(article: Article, port: int) -> dict[str, object]:
    """The page's ClaimReview, with a person in the author's place as some publishers print it."""
    outlet = BY_KEY[article.source]
    return {
        "@context": "https://schema.org", "@type": "ClaimReview", "url": url_of(article, port), "datePublished": article.published.isoformat(),
        "name": article.title, "claimReviewed": article.claim, "author": {"@type": "Organization", "name": outlet.name, "url": f"http://{outlet.address}:{port}/"},
        "editor": {"@type": "Person", "name": persona(article.number).name},
        "reviewRating": {"@type": "Rating", "alternateName": article.rating}, "inLanguage": "vi",
        "itemReviewed": {"@type": "Claim", "author": {"@type": "Person", "name": persona(article.number + 2).name}},
    }  # fmt: skip


def _check(article: Article, outlet: Outlet, port: int, links: str) -> str:
    who = persona(article.number)
    data = json.dumps(claim_review(article, port), ensure_ascii=False)
    said = "Nội dung lan truyền" if article.kind == "check" else "Nội dung được hỏi"
    verdict = "Đánh giá" if article.kind == "check" else "Trả lời"
    return (
        _head(article, outlet, port, f'<script type="application/ld+json">{data}</script>\n')
        + f'<body>\n<header><a href="/">{escape(outlet.name)}</a></header>\n<main><article>\n<h1>{escape(article.title)}</h1>\n'
        f'<p class="meta"><time datetime="{article.published.isoformat()}">{vietnamese_time(article.published)}</time> <span class="author">{who.name}</span></p>\n'
        f'<p class="sapo"><strong>{escape(article.lead)}</strong></p>\n<div class="content">\n'
        f'<blockquote class="claim"><p>{said}: {escape(article.claim or "")}</p></blockquote>\n<p class="rating">{verdict}: {escape(article.rating or "")}.</p>\n'
        f"{body_html(article)}\n</div>\n</article></main>\n<aside><ul>{links}</ul></aside>\n" + _footer(outlet)
    )


_SHAPES: dict[str, Callable[[Article, Outlet, int, str], str]] = {
    "full_rss": _vnexpress, "headline_rss": _vccorp, "nukeviet": _nukeviet, "sitemap": _zce, "channel": _plain, "wire": _plain,
    "wordpress": _wordpress, "fact_check": _check, "statement": _check,
}  # fmt: skip
