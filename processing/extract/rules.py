"""Page rules: where the parts of an article stand in the page shapes of the CMSs that Vietnamese press and portals run.

A rule is data: how to know the CMS, and XPath lists tried in order for each part. A rule that finds no body of a sensible length gives way to the
general extractors, so a changed template costs accuracy, not articles.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from processing.extract import dates
from processing.extract.dom import Node, blocks, drop, one_line, prune_noise

_MIN_BODY = 120


def _has(*names: str) -> str:
    """XPath condition: the class list holds one of these words."""
    return " or ".join(f'contains(concat(" ", normalize-space(@class), " "), " {name} ")' for name in names)


@dataclass(frozen=True)
class Rule:
    """XPaths of one CMS. `marks`: any of these bytes-level strings in the page; `body`, `lead`, `title`, `date`: first that yields text wins."""

    name: str
    marks: tuple[str, ...]
    body: tuple[str, ...]
    lead: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    date: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


@dataclass
class Parts:
    """What a rule found. `date` is the printed string, unparsed."""

    rule: str
    title: str = ""
    lead: str = ""
    body: list[str] = field(default_factory=list)
    date: str = ""


RULES = (
    Rule(
        "nukeviet",
        ("NukeViet", "nukeviet", "news-bodyhtml", "nv_base_siteurl", "nv_module_name"),
        body=('//*[@id="news-bodyhtml"]', f"//div[{_has('bodytext', 'news-body', 'content-detail')}]", '//*[@itemprop="articleBody"]'),
        lead=(f"//*[{_has('hometext')}]", '//*[contains(@itemtype, "NewsArticle")]//*[@itemprop="description"]', '//*[@id="hometext"]'),
        title=('//h1[@itemprop="headline"]', f"//h1[{_has('title', 'title-news')}]", "//h1"),
        date=(
            f"//h1/following::*[{_has('h5', 'time', 'date', 'posttime', 'post-time', 'pubdate')}][position() < 6]",
            f"//*[{_has('news_column', 'detail-news')}]//*[{_has('h5', 'time', 'date')}]",
        ),
        drop=(f".//*[{_has('hometext')}]", f".//*[{_has('figcaption', 'wp-caption-text')}]"),
    ),
    Rule(
        "vnexpress",
        ("fck_detail", "vnexpress.net"),
        body=(f"//article[{_has('fck_detail')}]", f"//*[{_has('fck_detail')}]"),
        lead=(f"//p[{_has('description')}]", f"//h2[{_has('description')}]"),
        title=(f"//h1[{_has('title-detail', 'title_news_detail', 'title-news')}]",),
        date=(f"//*[{_has('header-content')}]//*[{_has('date')}]", f"//span[{_has('date', 'time')}]"),
        drop=(
            f".//*[{_has('author_mail', 'author', 'Image', 'desc_cation', 'box-tinlienquanv2', 'list-news', 'item_slide_show_caption')}]",
            ".//p[contains(@style, 'text-align:right') or contains(@style, 'text-align: right') or @align='right'][string-length(normalize-space()) < 60]",
            f".//span[{_has('location-stamp')}]",
        ),
    ),
    Rule(
        "vccorp",
        ("VCSortableInPreviewMode", "sohatv", 'data-role="content"', "afcbc-body", "knc-content", "detail-content"),
        body=(
            '//*[@data-role="content"]',
            f"//*[{_has('afcbc-body', 'knc-content', 'detail-cmain', 'contentdetail', 'detail-content', 'content-detail')}]",
            '//*[@id="mainContent" or @id="main-detail-body" or @id="mainDetail"]',
        ),
        lead=('//*[@data-role="sapo"]', f"//*[{_has('sapo', 'detail-sapo', 'knc-sapo', 'singular-sapo')}]"),
        title=('//h1[@data-role="title"]', f"//h1[{_has('article-title', 'title', 'detail-title', 'kbwc-title')}]", "//h1"),
        date=('//*[@data-role="publishdate"]', f"//*[{_has('pdate', 'date-time', 'detail-time', 'kbwcm-time', 'author-time')}]"),
        drop=(
            f".//*[{_has('PhotoCMS_Caption', 'PhotoCMS_Author', 'VCObjectBoxRelatedNewsContentWrapper', 'link-content-footer', 'VideoCMS_Caption')}]",
            './/*[@type="RelatedOneNews" or @type="RelatedNews" or @data-role="author"]',
            f".//*[{_has('sapo', 'detail-sapo', 'knc-sapo')}]",
        ),
    ),
    Rule(
        "zce",
        ("zce-content-body", "cms-body", "cms-desc", "article__body"),
        body=(f"//*[{_has('zce-content-body', 'cms-body', 'article__body')}]",),
        lead=(f"//*[{_has('article__sapo', 'cms-desc', 'article__desc')}]",),
        title=(f"//h1[{_has('article__title', 'cms-title')}]", f"//*[{_has('article__title', 'cms-title')}]"),
        date=(
            f"//*[{_has('article__meta', 'article__header')}]//time",
            f"//time[{_has('time', 'cms-date', 'article__time')}]",
            f"//*[{_has('article__meta')}]",
        ),
        drop=(
            f".//*[{_has('article__author', 'cms-author', 'cms-caption', 'caption', 'cms-relate', 'article__story', 'article__tag')}]",
            f".//*[{_has('article__sapo', 'cms-desc')}]",
        ),
    ),
    Rule(
        "sharepoint",
        ("Microsoft SharePoint", "_spPageContextInfo", "ms-rtestate-field", "/_layouts/15/"),
        body=(
            f"//*[{_has('article-content', 'news-content', 'ArticleContent', 'content-news-detail')}]",
            '//*[contains(@id, "PublishingPageContent") or contains(@id, "RichHtmlField")]',
            f"//*[{_has('ms-rtestate-field')}]",
            f"//*[{_has('ExternalClass')}]",
        ),
        lead=(f"//*[{_has('article-summary', 'news-summary', 'ArticleSummary', 'ArticleByLineSummary', 'sapo', 'summary', 'news-desc')}]",),
        title=(f"//*[{_has('news-title', 'article-title', 'ArticleTitle', 'title-news-detail')}]", "//h1"),
        date=(
            f"//*[{_has('news-date', 'article-date', 'ArticleStartDate', 'publish-date', 'date', 'created-date', 'ngaydang')}]",
            '//*[contains(@id, "ArticleStartDate") or contains(@id, "lblDate") or contains(@id, "NgayDang")]',
        ),
        drop=(f".//*[{_has('article-summary', 'news-summary', 'ArticleSummary', 'summary', 'sapo', 'news-author', 'ArticleByLine')}]",),
    ),
    Rule(
        "liferay",
        ("asset-full-content", "portlet-asset-publisher"),
        body=(
            f"//*[{_has('journal-content-article')}]",
            f"//*[{_has('asset-full-content')}]//*[{_has('asset-content')}]",
            f"//*[{_has('asset-content')}]",
        ),
        lead=(f"//*[{_has('asset-summary', 'sapo', 'tomtat')}]",),
        title=(f"//*[{_has('header-title', 'asset-title')}]", "//h1"),
        date=(
            f"//*[{_has('metadata-publish-date', 'asset-publish-date', 'publish-date')}]",
            f"//*[{_has('asset-metadata')}]//*[{_has('metadata-entry')}]",
        ),
        drop=(f".//*[{_has('asset-summary', 'caption', 'asset-ratings', 'asset-metadata', 'metadata-author')}]",),
    ),
    Rule(
        "vnpt",
        (
            "vnptportal",
            "VNPT Portal",
            "vnpt-",
            "Cổng thông tin điện tử VNPT",
            "igate",
            "noidungtin",
            "journal-content-article",
            "div_noidung",
        ),
        body=(
            '//*[@id="noidungtin" or @id="div_noidung" or @id="noidung" or @id="content_detail" or @id="contentDetail" or @id="newscontents"]',
            f"//*[{_has('noi-dung-tin', 'noidung', 'article-content', 'ArticleContent', 'detail-content', 'news-detail-content', 'journal-content-article', 'chitiet-noidung')}]",
        ),
        lead=(
            f"//*[{_has('tomtat', 'tom-tat', 'trichdan', 'trich-dan', 'ArticleSummary', 'article-summary', 'sapo', 'lead', 'mota')}]",
            '//*[@id="tomtat" or @id="div_tomtat" or @id="trichdan"]',
        ),
        title=(f"//*[{_has('tieude', 'tieu-de', 'ArticleHeader', 'title-detail', 'tieudetin')}]", "//h1"),
        date=(
            f"//*[{_has('ngaydang', 'ngay-dang', 'ArticleDate', 'date', 'thoigian', 'thoi-gian', 'posted-date', 'ngaytao')}]",
            '//*[@id="ngaydang"]',
        ),
        drop=(
            f".//*[{_has('tacgia', 'tac-gia', 'nguon', 'tomtat', 'tom-tat', 'trichdan', 'ArticleSummary', 'article-summary', 'sapo', 'luotxem')}]",
        ),
    ),
    Rule(
        "drupal",
        ("Drupal ", "drupal-settings-json", "Drupal.settings", "field--name-body", "field-name-body"),
        body=(f"//*[{_has('field--name-body', 'field-name-body')}]", f"//*[{_has('node__content')}]"),
        lead=(
            '//*[contains(@class, "field-") and (contains(@class, "tom-tat") or contains(@class, "summary-text") or contains(@class, "sapo"))]',
        ),
        title=(f"//h1[{_has('page-title', 'page-header', 'title')}]", "//h1"),
        date=(
            f"//*[{_has('field--name-created', 'field--name-field-ngay-dang', 'date-display-single')}]",
            f"//*[{_has('node__submitted', 'submitted')}]//time",
        ),
        drop=(
            f".//*[{_has('field--name-uid', 'field--name-comment', 'links', 'text-align-right')}][string-length(normalize-space()) < 60]",
        ),
    ),
    Rule(
        "joomla",
        ("Joomla!", "com_content", "/media/system/js/mootools"),
        body=('//*[@itemprop="articleBody"]', f"//*[{_has('item-page')}]"),
        lead=(f"//*[{_has('introtext', 'article-intro')}]",),
        title=(
            '//*[self::h1 or self::h2][@itemprop="headline"]',
            f"//*[{_has('page-header')}]/*[self::h1 or self::h2]",
            f"//h2[{_has('contentheading')}]",
        ),
        date=(f"//*[{_has('published', 'create', 'createdate', 'modified')}]//time", f"//*[{_has('published', 'create', 'createdate')}]"),
        drop=(f".//*[{_has('article-info', 'pager', 'pagenav', 'createdby', 'hits', 'icons', 'introtext')}]",),
    ),
    Rule(
        "blogger",
        ("content='blogger'", 'content="blogger"', "www.blogger.com/static"),
        body=(f"//*[{_has('post-body')}]",),
        title=(f"//*[{_has('post-title')}]",),
        date=(f"//abbr[{_has('published')}]", f"//time[{_has('published')}]", f"//*[{_has('date-header')}]"),
        drop=(f".//*[{_has('tr-caption', 'post-footer')}]",),
    ),
    Rule(
        "wordpress",
        ("wp-content/", "wp-includes/"),
        body=(
            f"//*[{_has('td-post-content', 'entry-content', 'post-content', 'single-content', 'jeg_inner_content', 'the-content', 'post-entry')}]",
        ),
        lead=(f"//*[{_has('entry-summary', 'post-excerpt', 'td-post-sub-title', 'jeg_post_subtitle', 'sapo')}]",),
        title=(f"//h1[{_has('entry-title', 'post-title', 'tdb-title-text', 'jeg_post_title', 'single-title')}]", "//h1"),
        date=(
            f"//time[{_has('entry-date', 'published')}]",
            f"//*[{_has('entry-date', 'post-date', 'jeg_meta_date', 'posted-on', 'meta-date')}]",
        ),
        drop=(
            f".//*[{_has('sharedaddy', 'jp-relatedposts', 'yarpp-related', 'wp-caption-text', 'addtoany_share_save_container', 'kk-star-ratings', 'post-views', 'ez-toc-container', 'toc_container', 'wp-block-latest-posts')}]",
        ),
    ),
)


def apply(tree: Node, source: str, language: str | None) -> Parts | None:
    """The parts that the first fitting rule finds, or None. Only NukeViet's rule is tried on pages known to be in another language."""
    for rule in RULES:
        if (language not in ("vi", None) and rule.name != "nukeviet") or (rule.name == "wordpress" and language != "vi"):
            continue
        if not any(mark in source for mark in rule.marks):
            continue
        parts = _parts(rule, tree)
        if parts is not None:
            return parts
    return None


def _parts(rule: Rule, tree: Node) -> Parts | None:
    body = _best(tree, rule.body)
    if body is None:
        return None
    lead = _first_text(tree, rule.lead, rule.drop)
    title = _first_text(tree, rule.title, ())
    date = _date(tree, rule.date)
    for path in rule.drop:
        drop(body.xpath(path))
    prune_noise(body)
    lines = blocks(body)
    if sum(map(len, lines)) + len(lead) < _MIN_BODY:
        return None
    return Parts(rule.name, title, lead, lines, date)


def _best(tree: Node, paths: tuple[str, ...]) -> Node | None:
    """The element with most text of the first path that finds one with enough of it."""
    short = None
    for path in paths:
        sized = [(len(one_line(node.text_content())), i, node) for i, node in enumerate(tree.xpath(path))]
        if not sized:
            continue
        size, _, node = max(sized, key=lambda s: (s[0], -s[1]))
        if size >= _MIN_BODY:
            return node
        short = short if short is not None or not size else node
    return short


def _first_text(tree: Node, paths: tuple[str, ...], unwanted: tuple[str, ...]) -> str:
    for path in paths:
        for node in tree.xpath(path):
            for inner in unwanted:
                drop(node.xpath(inner))
            if text := " ".join(blocks(node)) if node.tag not in ("h1", "h2") else one_line(node.text_content()):
                return text
    return ""


def _date(tree: Node, paths: tuple[str, ...]) -> str:
    """The first printed string in which a date can be read; a machine-readable attribute of it wins where it has one."""
    for path in paths:
        for node in tree.xpath(path)[:12]:
            text = one_line(node.text_content())
            if len(text) < 200 and dates.visible(text):
                return text
            attribute = node.get("datetime") or (node.get("title") if node.tag == "abbr" else None) or ""
            if attribute and re.match(r"(?:19|20)\d\d-", attribute) and dates.machine(attribute):
                return attribute
    return ""
