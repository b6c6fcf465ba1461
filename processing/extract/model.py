"""What goes into extraction and what comes out. Neither has a field for a person who wrote anything (SCOPE S2)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class FeedEntry:
    """One entry of a feed as the feed printed it. `published_raw` is the unparsed date string; `content` is HTML where the feed has full text."""

    title: str = ""
    link: str = ""
    summary: str = ""
    content: str = ""
    published_raw: str = ""
    guid: str = ""
    cms: str = ""


@dataclass
class Extracted:
    """An article.

    text            lead, a newline, the body: without title, tails, caption credits and signature lines
    published_at    ISO 8601 with offset, a bare date where only the day is known, or None
    published_raw   the date as the page or feed printed it, nothing around it
    language        two letters, or None where nothing tells
    extractor       which rule or extractor gave the text: `nukeviet`, `trafilatura`, `readability`, `feed` …
    attachments     links to PDF and office files found in the article
    warnings        what an operator may want to know: a lying charset, a rejected date
    """

    url: str | None
    title: str
    lead: str
    body: str
    published_at: str | None
    language: str | None
    canonical_url: str | None
    extractor: str
    published_raw: str | None = None
    attachments: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return f"{self.lead}\n{self.body}" if self.lead and self.body else self.lead or self.body

    def as_record(self) -> dict[str, str | None]:
        """The line that `langnghe extract` prints (contract)."""
        return {
            "url": self.url,
            "title": self.title,
            "text": self.text,
            "published_at": self.published_at,
            "language": self.language,
            "canonical_url": self.canonical_url,
            "extractor": self.extractor,
        }
