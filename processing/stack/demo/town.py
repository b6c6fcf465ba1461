"""The province and its publishers: places with codes, outlets with addresses. Everything here is invented."""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Literal

HERE = Path(__file__).parent
LOCAL = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
"""Viet Nam has kept one offset since 1975; a fixed one needs no time-zone data."""

CONTROL = "127.0.0.10"
DAY_VARIABLE = "LANGNGHE_DEMO_DAY"

Shape = Literal["full_rss", "headline_rss", "nukeviet", "sitemap", "channel", "open311", "wire", "fact_check", "statement", "wordpress"]


@dataclass(frozen=True)
class Commune:
    """One commune: the names inside it that texts may use, and sentences about the place itself (`nen`)."""

    code: str
    name: str
    thon: tuple[str, ...]
    duong: tuple[str, ...]
    song: tuple[str, ...]
    truong: tuple[str, ...]
    cho: tuple[str, ...]
    nen: tuple[str, ...]


@dataclass(frozen=True)
class Outlet:
    """One publisher: `weekday` is its usual number of documents on a working day, `crawl_delay` what its robots.txt asks for (seconds)."""

    key: str
    name: str
    address: str
    shape: Shape
    weekday: int
    crawl_delay: int = 0
    letters: bool = False


OUTLETS = (
    Outlet("bao-hoai-linh", "Báo Hoài Lĩnh", "127.0.0.11", "full_rss", 4),
    Outlet("tin-trinh-giang", "Thời báo Trinh Giang", "127.0.0.12", "headline_rss", 3),
    Outlet("cong-thong-tin", "Cổng thông tin điện tử tỉnh Hoài Lĩnh", "127.0.0.13", "nukeviet", 3, crawl_delay=1),
    Outlet("bien-cua-sim", "Nhật báo Cửa Sim", "127.0.0.14", "sitemap", 3),
    Outlet("dai-hoai-linh", "Đài Phát thanh và Truyền hình Hoài Lĩnh", "127.0.0.15", "channel", 2),
    Outlet("cong-phan-anh", "Cổng phản ánh kiến nghị Hoài Lĩnh", "127.0.0.16", "open311", 0),
    Outlet("hang-tin-duyen-hai", "Hãng tin Duyên Hải", "127.0.0.17", "wire", 2),
    Outlet("trung-tam-kiem-chung", "Trung tâm Kiểm chứng Duyên Hải", "127.0.0.18", "fact_check", 0),
    Outlet("thong-cao-hoai-linh", "Trang thông cáo tỉnh Hoài Lĩnh", "127.0.0.19", "statement", 0),
    Outlet("bao-nong-thon", "Báo Nông thôn Hoài Lĩnh", "127.0.0.20", "wordpress", 3),
    Outlet("doi-song-song-trinh", "Tạp chí Đời sống Sông Trinh", "127.0.0.21", "wordpress", 2, crawl_delay=1, letters=True),
)
BY_KEY = {outlet.key: outlet for outlet in OUTLETS}
OUTAGE = "bao-nong-thon"
"""The paper whose feed is down in the first round."""

OUTAGE_DAYS = 3
"""Days before the live day that its archive lacks; they arrive with the second round."""


@cache
def communes() -> tuple[Commune, ...]:
    """The communes in the order of their codes."""
    names = ("thon", "duong", "song", "truong", "cho", "nen")
    return tuple(
        Commune(row["code"], row["name"], *(tuple(row[name]) for name in names))
        for row in tomllib.loads((HERE / "town.toml").read_text(encoding="utf-8"))["commune"]
    )


def commune(code: str) -> Commune:
    """The commune of a code. Raises StopIteration for a code that is not of this town."""
    return next(unit for unit in communes() if unit.code == code)


def gazetteer() -> list[dict[str, object]]:
    """The town's units in the format that `processing.annotate.gazetteer` reads."""
    province = tomllib.loads((HERE / "town.toml").read_text(encoding="utf-8"))["province"]
    rows: list[dict[str, object]] = [_unit(province["code"], province["name"], "province", None)]
    return rows + [_unit(unit.code, unit.name, "commune", province["code"]) for unit in communes()]


def _unit(code: str, name: str, level: str, parent: str | None) -> dict[str, object]:
    name = name[0].upper() + name[1:]
    return {"code": code, "name": name, "level": level, "parent": parent, "valid_from": None, "valid_to": None, "successors": [], "aliases": []}


def write_gazetteer(path: Path) -> None:
    """Write the gazetteer file that LANGNGHE_EXTRA_GAZETTEER names."""
    path.write_text(json.dumps(gazetteer(), ensure_ascii=False, indent=1), encoding="utf-8")


def live_day(now: datetime | None = None) -> date:
    """The day of the story line: LANGNGHE_DEMO_DAY, else yesterday in Vietnam, so that the whole of it is in the past at any hour."""
    if set_day := os.environ.get(DAY_VARIABLE):
        return date.fromisoformat(set_day)
    return (now or datetime.now(UTC)).astimezone(LOCAL).date() - timedelta(days=1)
