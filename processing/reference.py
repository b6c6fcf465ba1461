"""Mirror what files define into the tables SQL needs: today's units, the services mail may go to, the board's area. Idempotent."""

from __future__ import annotations

import tomllib
from pathlib import Path

from processing.db import Connection
from processing.errors import ConfigError
from processing.settings import Settings, get_settings

SERVICE_KINDS = (
    "health", "education", "water", "power", "roads", "environment", "land_office", "social_welfare", "market_control", "agriculture",
    "one_stop_shop", "fire_and_rescue", "disaster_relief", "communications_office", "telecoms", "housing",
)  # fmt: skip
"""The closed list of recipients (SCOPE S10); the database holds the same one."""


def config_file(name: str, settings: Settings | None = None) -> Path:
    """A file of config/: the operator's folder first, the project's own as the default."""
    from processing.settings import ROOT

    chosen = (settings or get_settings()).config_dir / name
    return chosen if chosen.exists() else ROOT / "config" / name


def sync(conn: Connection) -> None:
    """Mirror units, services and the area. Commits."""
    settings = get_settings()
    _units(conn, settings.extra_gazetteer)
    _services(conn, config_file("services.toml", settings))
    _area(conn, settings.extra_gazetteer)
    conn.commit()


def _units(conn: Connection, extra: Path | None) -> None:
    from processing.annotate import gazetteer

    loaded = gazetteer.load(extra)
    rows = []
    for unit in loaded.units.values():
        province = loaded.units.get(unit.province)
        if unit.today and unit.level in ("province", "commune") and province is not None:
            rows.append((unit.id, unit.name, unit.level, province.id, province.name))
    with conn.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO unit (code, name, level, province_code, province_name) VALUES (%s, %s, %s, %s, %s)
               ON CONFLICT (code) DO UPDATE SET name = excluded.name, level = excluded.level, province_code = excluded.province_code,
                   province_name = excluded.province_name""",
            rows,
        )


def _services(conn: Connection, path: Path) -> None:
    for key, service in tomllib.loads(path.read_text(encoding="utf-8")).items():
        unknown = set(service) - {"kind", "name_vi", "name_en", "email"}
        if unknown:
            raise ConfigError(f"{path}: [{key}] has an unknown key {sorted(unknown)[0]!r}", "known: kind, name_vi, name_en, email")
        if service.get("kind") not in SERVICE_KINDS:
            raise ConfigError(f"{path}: [{key}] kind {service.get('kind')!r} is not a recipient kind", f"one of {', '.join(SERVICE_KINDS)}")
        conn.execute(
            """INSERT INTO service (key, kind, name_vi, name_en, email) VALUES (%s, %s, %s, %s, %s)
               ON CONFLICT (key) DO UPDATE SET kind = excluded.kind, name_vi = excluded.name_vi, name_en = excluded.name_en, email = excluded.email""",
            [key, service["kind"], service["name_vi"], service["name_en"], service.get("email", "")],
        )


def _area(conn: Connection, extra: Path | None) -> None:
    from processing.annotate import area, gazetteer

    resolved = area.resolve(config_file("area.toml"), gazetteer.load(extra))
    conn.execute(
        "INSERT INTO area (name, unit_codes) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET unit_codes = excluded.unit_codes",
        [resolved.name, list(resolved.unit_codes)],
    )
