"""The town's configuration folder, with the port it is served on: sources, the board's area, the gazetteer."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from processing.stack.demo.serve import feed_path
from processing.stack.demo.town import OUTLETS, Outlet, live_day, write_gazetteer

_KIND = {"channel": "channel", "open311": "feedback", "wire": "wire", "fact_check": "fact_check", "statement": "institution", "nukeviet": "institution"}
_FEED_KIND = {"sitemap": "sitemap", "open311": "open311", "fact_check": "claimreview"}
_CMS = {"full_rss": "vnexpress", "headline_rss": "vccorp", "nukeviet": "nukeviet", "sitemap": "zce", "wordpress": "wordpress"}
_PUBLISHER = {"fact_check": "independent_fact_check", "statement": "official_statement"}


def render_config(dest: Path, port: int) -> Path:
    """Write sources/*.toml, area.toml and gazetteer.json for sites on that port. Returns the gazetteer's path.

    Topics, services and detection are the project's own: they are read from config/ where the folder has none.
    """
    folder = dest / "sources"
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.toml"):
        if stale.stem not in {outlet.key for outlet in OUTLETS}:
            stale.unlink()
    for outlet in OUTLETS:
        (folder / f"{outlet.key}.toml").write_text(source_toml(outlet, port), encoding="utf-8")
    (dest / "area.toml").write_text('name = "Tỉnh Hoài Lĩnh"\nunits = ["D01"]\n', encoding="utf-8")
    gazetteer = dest / "gazetteer.json"
    write_gazetteer(gazetteer)
    return gazetteer


def source_toml(outlet: Outlet, port: int) -> str:
    """One source's file. The demo's sources were reviewed on the day before their live day."""
    reviewed = live_day() - timedelta(days=1)
    values: dict[str, object] = {
        "name": outlet.name,
        "kind": _KIND.get(outlet.shape, "press"),
        "owner": outlet.name,
        "basis": "An invented publisher of the demo town, served from this machine alone.",
        "home_url": f"http://{outlet.address}:{port}/",
        "cms": _CMS.get(outlet.shape, "other"),
        "wire": outlet.shape == "wire",
        "full_text_in_feed": outlet.shape in ("full_rss", "channel"),
        "expected_per_week": max(1.0, outlet.weekday * 6.1),
        "places": ["D01"],
    }
    if outlet.shape in _PUBLISHER:
        values["publisher_kind"] = _PUBLISHER[outlet.shape]
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    lines += [f"reviewed_on = {reviewed}", f"review_due = {reviewed + timedelta(days=365)}"]
    feed = {"url": f"http://{outlet.address}:{port}{feed_path(outlet)}", "kind": _FEED_KIND.get(outlet.shape, "rss")}
    lines += ["", "[[feeds]]", *(f"{key} = {json.dumps(value)}" for key, value in feed.items())]
    return "\n".join(lines) + "\n"
