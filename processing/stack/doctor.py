"""`langnghe doctor`: every dependency, port, permission and address, each failing line with its cure. Changes nothing."""

from __future__ import annotations

import importlib.metadata
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from processing.errors import LangNgheError
from processing.settings import ROOT, Settings, get_settings
from processing.stack import ports
from processing.stack.postgres_env import PostgresError, binaries, unprivileged
from processing.zone import LOCAL

LEAST_FREE_BYTES = 2 * 1024**3
CLOCK_TOLERANCE_S = 60


@dataclass(frozen=True)
class Finding:
    """One line of the report. ``cure`` is empty where nothing is wrong."""

    what: str
    detail: str
    cure: str = ""

    @property
    def well(self) -> bool:
        """True when nothing has to be done."""
        return not self.cure


def doctor(out: IO[str], settings: Settings | None = None) -> int:
    """Write the report to ``out``. Returns 0 when all is well, 1 otherwise; wrong settings are one finding, not a crash."""
    bad = 0
    for finding in examine(settings):
        out.write(f"{'ok  ' if finding.well else 'FAIL'} {finding.what}: {finding.detail}\n")
        if not finding.well:
            bad += 1
            out.write(f"     cure: {finding.cure}\n")
    out.write(f"\n{bad} findings need attention\n" if bad else "\nall is well\n")
    return 1 if bad else 0


def examine(settings: Settings | None = None) -> Iterator[Finding]:
    """Yield findings in the order in which they should be cured."""
    yield _python()
    yield from _dependencies()
    try:
        chosen = settings or get_settings()
    except LangNgheError as error:
        yield Finding("settings", error.message, error.cure)
        return
    yield Finding("settings", ".env and environment are well-formed")
    checks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (_disk, _key_file, _database, _sources, _ports, _mail)
    for check in checks:
        yield from check(chosen)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    right = (3, 11) <= sys.version_info[:2] < (3, 13)
    return Finding("Python", version, "" if right else "use Python 3.11 or 3.12: make install PYTHON=/path/to/python3.11")


def _dependencies() -> Iterator[Finding]:
    """Each package that pyproject.toml names is installed, in the version that constraints.txt pins."""
    pins = {}
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        pin = Requirement(line)
        if pin.marker is None or pin.marker.evaluate():
            pins[canonicalize_name(pin.name)] = pin.specifier
    wrong = []
    for requirement in map(Requirement, importlib.metadata.requires("langnghe") or []):
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        name = canonicalize_name(requirement.name)
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(f"{name} is missing")
            continue
        if name in pins and found not in pins[name]:
            wrong.append(f"{name} is {found}, pinned is {pins[name]}")
    yield Finding("dependencies", "; ".join(wrong) or "as pinned in constraints.txt", "make clean install" if wrong else "")


def _disk(settings: Settings) -> Iterator[Finding]:
    settings.home.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.home).free
    cure = "" if free >= LEAST_FREE_BYTES else f"free at least {LEAST_FREE_BYTES // 1024**3} GB, or point LANGNGHE_HOME to a larger disk"
    yield Finding("disk", f"{free / 1024**3:.1f} GB free below {settings.home}", cure)


def _key_file(settings: Settings) -> Iterator[Finding]:
    path = settings.key_file
    if not path.exists():
        yield Finding("landing key", f"{path} does not exist yet; the first start makes it")
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    cure = f"chmod 600 {path}" if mode & 0o077 else ""
    yield Finding("landing key", f"{path} has mode {mode:o}" + (": others can read it" if cure else ""), cure)


def _database(settings: Settings) -> Iterator[Finding]:
    if not settings.dsn:
        yield from _embedded()
        return
    from processing.db import connect
    from processing.db.migrate import pending

    try:
        with connect(settings.dsn) as conn:
            major = conn.info.server_version // 10000
            yield Finding("database", f"PostgreSQL {major} answers", "" if major >= 15 else "use PostgreSQL 15 or newer")
            row = conn.execute("SELECT clock_timestamp() AS now, rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
            assert row is not None
            off = (datetime.now(UTC) - row["now"]).total_seconds()
            cure = "set this machine's clock (timedatectl set-ntp true), or the database server's" if abs(off) > CLOCK_TOLERANCE_S else ""
            yield Finding("clock", f"this machine is {off:+.0f} s from the database", cure)
            if row["rolsuper"]:
                yield Finding(
                    "database role", "LANGNGHE_DSN names a superuser", "use the role langnghe_app: a superuser can alter the audit table"
                )
            missing = pending(conn)
            yield Finding(
                "migrations", f"{len(missing)} not applied" if missing else "all applied", "langnghe db migrate" if missing else ""
            )
    except LangNgheError as error:
        yield Finding("database", error.message, error.cure)


def _embedded() -> Iterator[Finding]:
    try:
        binaries()
        unprivileged()
    except PostgresError as error:
        yield Finding("database", error.message, error.cure)
        return
    yield Finding("database", "embedded PostgreSQL can be started (LANGNGHE_DSN is empty)")


def _sources(settings: Settings) -> Iterator[Finding]:
    from crawlers.sources import load_sources

    try:
        sources = load_sources(settings.config_dir)
    except LangNgheError as error:
        yield Finding("sources", error.message, error.cure)
        return
    today = datetime.now(LOCAL).date()
    live = [source for source in sources if source.stopped(today) is None]
    overdue = [source.key for source in sources if source.enabled and today > source.review_due]
    detail = f"{len(sources)} described, {len(live)} read"
    cure = f"review owner and basis of {', '.join(overdue)}, then set reviewed_on and review_due" if overdue else ""
    yield Finding("sources", detail + (f", {len(overdue)} overdue for review" if overdue else ""), cure)


def _ports(settings: Settings) -> Iterator[Finding]:
    for port, what in ((8800, "the review page"), (8080, "Airflow")):
        free = ports.is_free(port)
        yield Finding(f"port {port}", "free" if free else f"taken (by a running stack?); {what} would use the next free one")


def _mail(settings: Settings) -> Iterator[Finding]:
    if not settings.smtp_host:
        yield Finding("mail", "LANGNGHE_SMTP_HOST is empty; mails wait in the outbox")
        return
    from processing.alerts.sender import connect

    where = f"{settings.smtp_host}:{settings.smtp_port} ({settings.smtp_security})"
    try:
        with connect(settings) as server:
            server.noop()
    except LangNgheError as error:
        yield Finding("mail", error.message, error.cure)
    except OSError as error:
        yield Finding("mail", f"{where}: {error}", "check LANGNGHE_SMTP_HOST, LANGNGHE_SMTP_PORT and the firewall between")
    else:
        yield Finding("mail", f"{where} accepts us")
