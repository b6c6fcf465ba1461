"""Rule S1: "Organisations, not people. Sources are allow-listed press, institutions (agencies, hospitals, schools, associations, companies)
and public feedback portals (Open311 and petition boards), each with an owner, a reason and a review date. Personal profiles, closed
groups, private messengers, and the posts or comments of private individuals are refused at load time. The one exception is what a citizen
files with a public service for it to act on and the service publishes: such reports feed counts by service, commune and week and nothing
else. Their text never reaches claims, document lists, search, key sentences, titles, mails or exports."

Proof here: a source is an organisation with an owner, a reason and a review date; people, closed groups and messengers are refused at
load time.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from crawlers.profiles import refusal
from crawlers.registry import sync_sources
from crawlers.sources import Source, load_sources
from processing.alerts.compose import compose
from processing.alerts.outbox import enqueue_source_changes
from processing.db import Connection
from processing.errors import ConfigError
from processing.people import add_user
from processing.settings import ROOT

CHANNEL = "UC" + "a" * 22
REFUSED = (
    "https://www.facebook.com/some.person", "https://m.facebook.com/profile.php?id=1", "https://facebook.com/groups/123", "https://fb.com/x", "https://fb.watch/x",
    "https://x.com/someone", "https://mobile.twitter.com/someone/status/1", "https://twitter.com/i/lists/1", "https://nitter.net/someone/rss",
    "https://www.tiktok.com/@someone", "https://vt.tiktok.com/x", "https://www.instagram.com/someone/", "https://www.threads.net/@someone",
    "https://www.threads.com/@someone", "https://www.youtube.com/@someone", "https://www.youtube.com/user/someone", "https://youtube.com/c/someone",
    "https://youtu.be/abc", "https://www.youtube.com/watch?v=1", "https://zalo.me/0900000000", "https://zalo.me/g/abcdef", "https://chat.zalo.me/",
    "https://t.me/someone", "https://t.me/s/somechannel", "https://t.me/joinchat/x", "https://telegram.me/x", "https://mastodon.social/@someone",
    "https://any.example/@someone", "https://any.example/users/someone", "https://any.example/@someone.rss", "https://bsky.app/profile/someone.bsky.social",
    "https://bsky.app/profile/someone.bsky.social/rss", "https://www.linkedin.com/in/someone", "https://www.linkedin.com/company/x", "https://invite.viber.com/?g2=x",
    "https://wa.me/84900000000", "https://chat.whatsapp.com/x", "https://whatsapp.com/channel/x", "https://discord.gg/x", "https://discord.com/channels/1/2",
    "https://m.me/someone", "https://signal.group/#x", "https://www.reddit.com/user/someone", "https://www.reddit.com/r/vietnam/.rss", "https://voz.vn/u/someone.1/",
    "https://www.otofun.net/threads/1", "https://vk.com/id1", "https://weibo.com/u/1", "https://gapo.vn/someone", "https://www.pinterest.com/someone",
    "https://someone.tumblr.com/rss", "https://rsshub.app/telegram/channel/x", "https://bridge.example/?u=https%3A%2F%2Fwww.facebook.com%2Fsomeone",
    "https://bridge.example/facebook.com/someone", "https://bao.example/comments/feed/", "https://bao.example/bai-viet/feed/?feed=comments-rss2",
    "https://bao.example/author/someone/feed/", "https://bao.example/tac-gia/mot-nguoi", "https://forum.example/members/someone.1/", "https://forum.example/u/someone.rss",
    "https://fb.gg/x", "https://fxtwitter.com/x", "https://www.twitch.tv/x", "https://soundcloud.com/x", "https://www.xiaohongshu.com/x", "https://groups.google.com/g/x",
    "https://spiderum.com/x", "https://rsshub.example.com/facebook/page/x", "https://nitter.example.org/x/rss", "https://cau-noi.example/telegram/channel/x",
    "https://yewtu.be/feed/channel/x", "https://web.archive.org/web/2020/https://www.facebook.com/x", "https://facebook-com.translate.goog/x", "https://bit.ly/x",
    "https://bao.example/rss?author=x", "https://bao.example/?author=1&feed=rss2", "https://forum.example/memberlist.php?mode=viewprofile&u=2",
    "https://forum.example/index.php?action=profile;u=1", "https://forum.example/showthread.php?t=1", "https://medium.com/feed/@x", "https://someone.blogspot.com/feeds/posts/default",
    "https://someone.wordpress.com/feed", "https://someone.substack.com/feed", "https://www.facebook%2ecom/x", "https://ｆacebook.com/x", "https://facebook.com%00.bao.example/",
    "https://www.youtube.com/feeds/videos.xml?user=someone", "https://zalo.me/pc", "https://oa.zalo.me/x", "https://tiktok.com/t/x", "https://t.me/+abc",
    "https://name:word@bao.example/rss", "https://WWW.FACEBOOK.COM./someone", "https://www.facebook.com:443/someone",
)  # fmt: skip
ALLOWED = (
    "https://tuoitre.vn/rss/thoi-su.rss", "https://nghean.gov.vn/rss/", "https://bao.example/the-gioi/bai-viet-123.html", "https://bao.example/tin/facebook-bi-loi-1.html",
    "https://bao.example/binh-luan-kinh-te/bai-1.html", "https://truong.edu.vn/user-guide/1.html", "https://tinh.gov.vn/index.php?language=vi&nv=news&op=rss", "https://tinh.gov.vn/profile-cong-ty/1.html", "http://127.0.0.11:8000/rss",
    "https://bao.example/zalo/lua-dao-qua-tin-nhan-1.html",
)  # fmt: skip


def values(**changes: object) -> dict[str, object]:
    basis = "Licensed newspaper with a public feed."
    base: dict[str, object] = {"key": "bao", "name": "Báo", "kind": "press", "owner": "Tòa soạn", "basis": basis, "home_url": "https://bao.example/"}
    base |= {"reviewed_on": date(2026, 11, 22), "review_due": date(2027, 11, 22), "feeds": [{"url": "https://bao.example/rss"}]}
    return {**base, **changes}


@pytest.mark.parametrize("url", REFUSED)
def test_addresses_of_people_groups_and_messengers_are_refused(url: str, tmp_path: Path) -> None:
    assert refusal(url)
    (tmp_path / "sources").mkdir()
    file = tmp_path / "sources" / "mot-nguoi.toml"
    text = 'name = "X Y"\nkind = "press"\nowner = "Someone"\nbasis = "Because it is interesting."\nreviewed_on = 2026-11-22\nreview_due = 2027-11-22\n'
    for home, feed in ((url, "https://bao.example/rss"), ("https://bao.example/", url)):
        file.write_text(text + f'home_url = "{home}"\n[[feeds]]\nurl = "{feed}"\n', encoding="utf-8")
        with pytest.raises(ConfigError, match="mot-nguoi"):
            load_sources(tmp_path)


@pytest.mark.parametrize("url", ALLOWED)
def test_addresses_of_organisations_pass(url: str) -> None:
    assert refusal(url) is None


@pytest.mark.parametrize("field", ["owner", "basis", "reviewed_on", "review_due", "home_url", "name", "kind"])
def test_a_source_without_its_basis_fails(field: str) -> None:
    for wrong in ("", None):
        with pytest.raises(ValueError, match=field):
            Source(**values(**{field: wrong}))  # type: ignore[arg-type]
    lacking = values()
    del lacking[field]
    with pytest.raises(ValueError, match=field):
        Source(**lacking)  # type: ignore[arg-type]


def test_a_review_that_is_overdue_stops_that_source_alone() -> None:
    source = Source(**values())  # type: ignore[arg-type]
    assert source.stopped(date(2027, 11, 22)) is None
    assert "review was due" in (source.stopped(date(2027, 11, 23)) or "")
    with pytest.raises(ValueError, match="400 days"):
        Source(**values(review_due=date(2036, 1, 1)))  # type: ignore[arg-type]


def test_the_administrator_is_told_once_when_a_review_ran_out(db: Connection, tmp_path: Path) -> None:
    """The source is stopped whoever looks; what a file switched off on purpose is no news."""
    (tmp_path / "sources").mkdir()
    lines = 'name = "Báo {0}"\nkind = "press"\nowner = "Tòa soạn"\nbasis = "Licensed newspaper with a public feed."\nhome_url = "https://{0}.example/"\n'
    dates = {"cu": "reviewed_on = 2025-01-01\nreview_due = 2025-06-01\n", "tat": "enabled = false\nreviewed_on = 2025-01-01\nreview_due = 2025-06-01\n"}
    for key, more in dates.items():
        feed = f'[[feeds]]\nurl = "https://{key}.example/rss"\n'
        (tmp_path / "sources" / f"{key}.toml").write_text(lines.format(key) + more + feed, encoding="utf-8")
    add_user(db, "quan-tri", "admin@board.invalid", "a long password", "admin")
    add_user(db, "phan-tich", "analyst@board.invalid", "a long password", "analyst")
    sync_sources(db, load_sources(tmp_path))
    assert {r["key"]: (r["state"], r["enabled"]) for r in db.execute("SELECT key, state, enabled FROM source")} == {"cu": ("DISABLED", False), "tat": ("DISABLED", False)}
    now = datetime.now(UTC)
    assert enqueue_source_changes(db, now) == 1 and enqueue_source_changes(db, now) == 0
    row = db.execute("SELECT * FROM outbox").fetchone()
    assert row is not None and (row["recipient"], row["payload"]["source"]) == ("admin@board.invalid", "cu")
    assert "review was due" in compose(db, row, now).get_body(("plain",)).get_content()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "feed",
    [
        f"https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}", "https://mastodon.social/@benhvien.rss", "https://bsky.app/profile/benhvien.example/rss",
        "https://benhvienhuyen.wordpress.com/feed/",
    ],
)
def test_an_institutions_channel_needs_the_page_of_its_own_site_that_names_it(feed: str) -> None:
    home = "https://benhvien.example/"
    with pytest.raises(ValueError, match="proof_url"):
        Source(**values(kind="channel", home_url=home, feeds=[{"url": feed}]))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="SCOPE S1"):
        Source(**values(kind="press", home_url=home, feeds=[{"url": feed}]))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="proof_url"):
        Source(**values(kind="channel", home_url=home, feeds=[{"url": feed}], proof_url="https://facebook.com/benhvien"))  # type: ignore[arg-type]
    assert Source(**values(kind="channel", home_url=home, feeds=[{"url": feed}], proof_url="https://benhvien.example/lien-he")).feeds  # type: ignore[arg-type]


def test_a_handle_is_refused_even_with_proof() -> None:
    assert refusal("https://www.youtube.com/@someone", proven_channel=True)
    assert refusal("https://mastodon.social/@someone", proven_channel=True)


def test_reports_to_a_public_service_are_the_only_words_of_citizens() -> None:
    open311 = [{"url": "https://phananh.example/requests.json", "kind": "open311"}]
    assert Source(**values(kind="feedback", feeds=open311)).kind == "feedback"  # type: ignore[arg-type]
    for kind in ("press", "institution", "channel"):
        with pytest.raises(ValueError, match="feedback"):
            Source(**values(kind=kind, feeds=open311))  # type: ignore[arg-type]


def test_every_shipped_source_is_an_organisation_and_off_until_it_was_opened() -> None:
    sources = load_sources(ROOT / "config")
    assert len(sources) >= 25
    for source in sources:
        assert not source.enabled
        assert "could not be checked" in (ROOT / "config" / "sources" / f"{source.key}.toml").read_text(encoding="utf-8")
