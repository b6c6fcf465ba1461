"""Undo each rule of SCOPE once, in a copy of the tree, and see that its test fails: `make safeguards-mutation`, `python -m tests.safeguards.mutate S3 S8`.

What to undo stands in mutations.toml. A mutation that its test does not notice *survives*, and the exit status is 1.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIST = Path(__file__).with_name("mutations.toml")
LIMIT_S = 300
ROOMS = ("bench", "config", "crawlers", "dags", "docs", "processing", "review", "sql", "tests")
FILES = ("pyproject.toml", "Makefile", ".env.example")


@dataclass(frozen=True)
class Mutation:
    """One undoing: `old`, which stands once in `file`, becomes `new`, and the tests of `test` must notice."""

    rule: str
    what: str
    file: str
    old: str
    new: str
    test: str


def mutations() -> list[Mutation]:
    return [Mutation(**row) for row in tomllib.loads(LIST.read_text(encoding="utf-8"))["mutation"]]


def _copy(into: Path) -> Path:
    """The rooms and the files beside them, without what a run leaves behind."""
    tree = into / "tree"
    tree.mkdir()
    for room in ROOMS:
        shutil.copytree(ROOT / room, tree / room, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    for name in FILES:
        shutil.copy2(ROOT / name, tree / name)
    return tree


def _noticed(tree: Path, mutation: Mutation) -> str:
    """killed: a test failed. survived: all passed. broken: nothing was tested, so nothing is said."""
    path = tree / mutation.file
    before = path.read_text(encoding="utf-8")
    if before.count(mutation.old) != 1:
        return f"broken: `old` stands {before.count(mutation.old)} times in {mutation.file}"
    path.write_text(before.replace(mutation.old, mutation.new), encoding="utf-8")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", mutation.test],
            cwd=tree, env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True, text=True, timeout=LIMIT_S, check=False,
        )  # fmt: skip
    finally:
        path.write_text(before, encoding="utf-8")
    if done.returncode == 1 and "failed" in done.stdout:
        return "killed"
    return "survived" if done.returncode == 0 else f"broken: {(done.stdout + done.stderr).strip()[-200:]}"


def run(rules: set[str]) -> Iterator[tuple[Mutation, str, float]]:
    """Each mutation of these rules (all when empty), how it ended and the seconds it took."""
    with tempfile.TemporaryDirectory(prefix="mutate-") as folder:
        tree = _copy(Path(folder))
        for mutation in mutations():
            if not rules or mutation.rule in rules:
                began = time.monotonic()
                yield mutation, _noticed(tree, mutation), time.monotonic() - began


def main() -> int:
    bad = total = 0
    for mutation, said, seconds in run(set(sys.argv[1:])):
        total += 1
        bad += said != "killed"
        sys.stdout.write(f"{mutation.rule:<4} {said:<9} {seconds:5.0f} s  {mutation.what}  ({Path(mutation.test).name})\n")
        sys.stdout.flush()
    sys.stdout.write(f"{total - bad} of {total} noticed\n")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
