"""Addresses that may never be a source: profiles of people, closed groups, messengers, comments (SCOPE S1).

The check is on the shape of the address, because by the time a page could be looked at it would have been read. It errs on the side of refusing:
a platform where a person and an institution share one shape of address is open only to a source of kind `channel` that names, in `proof_url`,
the page of its owner's own site that links to the channel.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote, urlsplit

MESSENGERS = (
    "zalo.me", "chat.zalo.me", "t.me", "telegram.me", "telegram.org", "telegram.dog", "viber.com", "wa.me", "whatsapp.com", "discord.com",
    "discord.gg", "discordapp.com", "signal.me", "signal.group", "m.me", "messenger.com", "line.me", "wechat.com", "weixin.qq.com", "kakao.com",
    "skype.com", "slack.com", "teams.microsoft.com", "matrix.to", "element.io",
)  # fmt: skip
SOCIAL = (
    "facebook.com", "fb.com", "fb.me", "fb.watch", "twitter.com", "x.com", "t.co", "tiktok.com", "instagram.com", "instagr.am", "threads.net",
    "threads.com", "linkedin.com", "lnkd.in", "snapchat.com", "pinterest.com", "vk.com", "ok.ru", "weibo.com", "tumblr.com", "gapo.vn", "lotus.vn",
    "mocha.com.vn", "clubhouse.com", "truthsocial.com", "gab.com", "minds.com", "quora.com", "about.me", "linktr.ee", "patreon.com", "onlyfans.com",
    "fb.gg", "facebookcorewwwi.onion", "fxtwitter.com", "vxtwitter.com", "fixupx.com", "twitch.tv", "soundcloud.com", "locket.cam", "bigo.tv", "likee.video", "flickr.com",
    "steamcommunity.com", "bio.link", "parler.com", "douyin.com", "xiaohongshu.com", "kuaishou.com", "livejournal.com", "wattpad.com", "bereal.com", "ask.fm",
)  # fmt: skip
FORUMS = (
    "reddit.com", "redd.it", "voz.vn", "otofun.net", "webtretho.com", "tinhte.vn", "linkhay.com", "lamchame.com", "disqus.com", "4chan.org",
    "spiderum.com", "viblo.asia", "groups.google.com", "groups.io",
)  # fmt: skip
BRIDGES = ("nitter.net", "nitter.poast.org", "xcancel.com", "rsshub.app", "rss.app", "fetchrss.com", "rss-bridge.org", "bibliogram.art", "invidious.io",
           "yewtu.be", "tg.i-c-a.su", "politepol.com", "translate.goog", "translate.google.com", "web.archive.org", "archive.ph", "archive.today", "jina.ai")  # fmt: skip
SHORTENERS = ("bit.ly", "tinyurl.com", "goo.gl", "cutt.ly", "shorturl.at", "ow.ly", "is.gd", "s.id", "rebrand.ly")
BLOGS = ("wordpress.com", "blogspot.com", "substack.com", "medium.com", "wixsite.com", "weebly.com", "ghost.io")
"""Where an institution's pages and a person's look the same: open to a `channel` with its proof."""
_ELSEWHERE = MESSENGERS + SOCIAL + FORUMS + BRIDGES

# Shapes that are a person's or a commenter's on any host.
_COMMENTS = re.compile(r"/comments?(/feed|/default|\.xml|\.rss|\.atom|/?$)|/feed/comments|feed=comments|/binh-luan(/|$)|/comment-page-\d", re.I)
_AUTHORS = re.compile(r"^/(author|authors|tac-gia|tacgia|user|users|u|member|members|profile|profiles|thanh-vien|nguoi-dung|~[^/]+)(/|$)", re.I)
_NAMES_ONE = re.compile(r"(^|[&;])(author|author_name|tac_gia|tacgia|user|username|member|profile)=|action=profile|mode=viewprofile", re.I)
_FORUM = re.compile(r"/(viewtopic|viewforum|showthread|forumdisplay|memberlist|member|profile)\.php", re.I)
_BRIDGE_HOST = re.compile(r"(^|\.)(nitter|rsshub|rss-bridge|invidious|piped|proxitok|bibliogram|teddit|libreddit)\.", re.I)
# a newspaper's section on such a network holds articles, whose addresses end as articles do
_BRIDGED = re.compile(r"^/(facebook|twitter|telegram|tiktok|instagram|threads|weibo|vk|zalo)/(?!.*\.(?:s?html?|aspx?|php|vnp|chn|tpo|ldo|epi)$)[^/]+", re.I)
_HANDLE = re.compile(r"^/(@[^/]+|users/[^/]+|web/@[^/]+)", re.I)
_YOUTUBE_CHANNEL = re.compile(r"^/channel/UC[\w-]{22}/?$")
_YOUTUBE_FEED = re.compile(r"(^|&)(channel_id=UC[\w-]{22}|playlist_id=(PL|UU)[\w-]{10,})(&|$)")


def _under(host: str, domains: tuple[str, ...]) -> str | None:
    return next((domain for domain in domains if host == domain or host.endswith("." + domain)), None)


def host_of(url: str) -> str:
    """Lower-case host without a trailing dot; empty when there is none."""
    try:
        # as a resolver would read it: full-width letters and escaped dots are plain ones
        return unicodedata.normalize("NFKC", unquote(urlsplit(url).hostname or "")).rstrip(".").lower()
    except ValueError:
        return ""


def refusal(url: str, *, proven_channel: bool = False) -> str | None:
    """Say why this address may not be read, or None where nothing speaks against it.

    `proven_channel` is true for a source of kind `channel` whose owner's own site names the channel.
    """
    host = host_of(url)
    parts = urlsplit(url)
    path, query = unquote(parts.path), unquote(parts.query)
    if "@" in parts.netloc:
        return "an address with a user name in it is a log-in"
    if re.search(r"[^\w.:-]", host):
        return "its host has characters that no host has"
    for domains, why in (
        (MESSENGERS, "is a private messenger"),
        (SOCIAL, "is a network of personal profiles and closed groups"),
        (FORUMS, "carries posts and comments of private individuals"),
        (BRIDGES, "republishes personal profiles of other networks"),
        (SHORTENERS, "hides where it leads"),
    ):
        if found := _under(host, domains):
            return f"{found} {why}"
    if carried := _carried(path + " " + query):
        return f"the address carries one of {carried}, where people have profiles"
    if _BRIDGE_HOST.search(host) or _BRIDGED.match(path):
        return "a bridge republishes personal profiles of other networks"
    if platform := _shared_platform(host, path, query):
        return _on_shared_platform(platform, host, path, query, proven_channel)
    if _COMMENTS.search(path) or "comments" in re.split(r"[=&-]", query) or "comments-rss2" in query:
        return "comments are posts of private individuals"
    if _FORUM.search(path):
        return "a forum carries posts and comments of private individuals"
    if _AUTHORS.match(path) or _NAMES_ONE.search(query):
        return "the page of an author or member is a page about a person"
    return None


def _carried(text: str) -> str | None:
    """A refused host named inside the path or query: a bridge or a redirector to it."""
    words = set(re.findall(r"(?:[a-z0-9-]+\.)+[a-z]{2,}", text.lower()))
    return next((found for word in words if (found := _under(word, _ELSEWHERE))), None)


def _shared_platform(host: str, path: str, query: str) -> str | None:
    if _under(host, ("youtube.com", "youtu.be", "youtube-nocookie.com")):
        return "YouTube"
    if _under(host, ("bsky.app", "bsky.social", "bsky.brid.gy")):
        return "Bluesky"
    if _under(host, BLOGS):
        return "blog"
    if _HANDLE.match(path) or path.startswith(("/api/v1/accounts", "/.well-known/webfinger")):
        return "Mastodon"
    return None


def _on_shared_platform(platform: str, host: str, path: str, query: str, proven: bool) -> str | None:
    if platform == "YouTube":
        shape = bool(_YOUTUBE_CHANNEL.match(path)) or (path == "/feeds/videos.xml" and bool(_YOUTUBE_FEED.search(query)))
        if not shape:
            return "a YouTube handle, user or video page may be a person's; use the feed of an institution's channel (feeds/videos.xml?channel_id=UC…)"
    elif platform == "Bluesky":
        if not re.fullmatch(r"/profile/[\w.:-]+/rss/?", path):
            return "a Bluesky profile may be a person's; use the /rss feed of an institution's account"
    elif platform == "blog":
        if path.startswith(("/@", "/feed/@")):
            return "a writer's own page is a page about a person"
    elif not re.fullmatch(r"/(@|users/)[\w.-]+\.(rss|atom)", path):
        return "a Mastodon profile may be a person's; use the .rss feed of an institution's account"
    if not proven:
        return f"a {platform}{'' if platform == 'blog' else ' channel'} may be a person's: it needs kind = \"channel\" and proof_url, the page of the owner's own site that names it"
    return None


def own_post(url: str, feed_url: str) -> bool:
    """Whether this is the address of a post of the very channel whose feed this is: known by the feed alone, never opened."""
    post, feed = urlsplit(url), urlsplit(feed_url)
    if host_of(url).removeprefix("www.") != host_of(feed_url).removeprefix("www."):
        return False
    if _shared_platform(host_of(feed_url), unquote(feed.path), feed.query) == "YouTube":
        return bool(re.fullmatch(r"/watch|/shorts/[\w-]+|/live/[\w-]+", post.path))
    account = re.fullmatch(r"(/profile/[\w.:-]+)/rss/?|(/(?:@|users/)[\w.-]+)\.(?:rss|atom)", unquote(feed.path))
    return account is not None and unquote(post.path).startswith((account[1] or account[2]) + "/")
