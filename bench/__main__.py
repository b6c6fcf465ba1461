"""`make bench`: every measured figure beside its reference on the same work and its target. Nothing here is asserted; it is a table to read.

python -m bench            all parts
python -m bench extract    one part
"""

from __future__ import annotations

import importlib
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
PARTS = sorted(p.stem for p in Path(__file__).parent.glob("*.py") if not p.stem.startswith("_"))
LIBRARIES = ("underthesea", "trafilatura", "scrapy", "numpy", "scikit-learn", "psycopg")


def machine() -> str:
    """Processor, cores and versions, as every table must name them."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")),
        platform.machine(),
    )
    cores = len([line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("processor")])
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {model}, {cores} cores, Python {platform.python_version()}, commit {commit}; {libraries}"
    )


def main(parts: list[str]) -> int:
    shared = ROOT.parent / "shared" / "data"
    console = Console(width=160)
    console.print(machine())
    if not shared.is_dir():
        console.print("[yellow]the development data sets (../shared/data) are absent: parts that need them are skipped")
    for part in parts:
        module = importlib.import_module(f"bench.{part}")
        if not hasattr(module, "rows") or (getattr(module, "NEEDS_SHARED", True) and not shared.is_dir()):
            continue
        began = time.monotonic()
        table = Table(title=part, title_justify="left", width=158)
        for heading in ("work", "ours", "reference, same run", "target"):
            table.add_column(heading)
        for row in module.rows(shared):
            table.add_row(*(str(cell) for cell in row))
        console.print(table)
        console.print(f"{part}: {time.monotonic() - began:.0f} s\n")
    return 0


if __name__ == "__main__":
    chosen = sys.argv[1:] or PARTS
    unknown = set(chosen) - set(PARTS)
    if unknown:
        sys.exit(f"unknown part {sorted(unknown)[0]!r}; one of {', '.join(PARTS)}")
    sys.exit(main(chosen))
