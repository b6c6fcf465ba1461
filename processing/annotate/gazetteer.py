"""Valid-time gazetteer of Viet Nam's administrative units, with what each old unit became.

Two periods: before and from 2025-07-01, when 63 provinces, 696 districts and about 10,000 communes became 34 provinces and 3,321 communes
(no districts). Data: the MIT package `vietnamadminunits`, corrected by `data/corrections.json` for what changed after its release and for
districts that had disappeared before it. Keys are codes, never names: names repeat and change.

Unit ids: a unit in force from 2025-07-01 has its official code ("52", "23941"); an earlier one has "old:" before its official code
("old:64", "old:633"), because codes were reused with another meaning.

An extra gazetteer (an invented town, or units newer than the package) is a JSON array, read by `load(extra)`:

    [{"code": "D1",            required, unique; also the unit id (for an abolished unit write any unused code, e.g. "old:D7")
      "name": "Xã Suối Mây",   required, with its type (Tỉnh, Thành phố, Quận, Huyện, Thị xã, Phường, Xã, Thị trấn, Đặc khu)
      "level": "commune",      required: province | district | commune
      "parent": "D",           code of the unit above (any gazetteer); null for a province
      "valid_from": null,      ISO date, first day in force, or null
      "valid_to": null,        ISO date, first day no longer in force, or null while in force
      "successors": ["D2"],    for an abolished unit: codes of today's units (all of them when it was split); default []
      "aliases": ["Suối Mây Cũ"]   other names, without type; default []
     }, …]

A code that exists already is replaced, so the same file format serves corrections.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from processing.errors import LangNgheError

CHANGE = date(2025, 7, 1)
"""First day of the two-level system."""

TYPES = ("tỉnh", "thành phố", "quận", "huyện", "thị xã", "phường", "xã", "thị trấn", "đặc khu")
LEVELS = ("province", "district", "commune")
_TYPE = re.compile(rf"^({'|'.join(TYPES)})\s+", re.IGNORECASE)
_CORRECTIONS = Path(__file__).parent / "data" / "corrections.json"


@dataclass(frozen=True, slots=True)
class Unit:
    """One administrative unit in one period. `kind` is its lower-case type, `short` its name without it."""

    id: str
    name: str
    level: str
    kind: str
    short: str
    parent: str | None
    province: str
    valid_from: date | None = None
    valid_to: date | None = None
    successors: tuple[tuple[str, float | None], ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def today(self) -> bool:
        """Is the unit still in force?"""
        return self.valid_to is None

    def valid(self, day: date) -> bool:
        """Was the unit in force on that day?"""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day < self.valid_to)


@dataclass(slots=True)
class Gazetteer:
    """All units by id, and the names under which they may be found."""

    units: dict[str, Unit] = field(default_factory=dict)
    children: dict[str, list[str]] = field(default_factory=dict)

    def index(self) -> None:
        """Rebuild what is derived from `units`."""
        self.children = defaultdict(list)
        for unit in self.units.values():
            if unit.parent is not None:
                self.children[unit.parent].append(unit.id)

    def current(self, unit_id: str) -> list[tuple[Unit, float | None]]:
        """Today's units in the place of `unit_id`, with the share each took (1.0 when it is one; None where unknown)."""
        unit = self.units[unit_id]
        if unit.today:
            return [(unit, 1.0)]
        return [(self.units[code], share) for code, share in unit.successors if code in self.units]

    def province_today(self, unit_id: str) -> Unit | None:
        """Today's province in which the unit lies or lay; None when unknown."""
        province = self.units.get(self.units[unit_id].province)
        if province is None:
            return None
        found = self.current(province.id)
        return found[0][0] if found else None

    def ancestors(self, unit_id: str) -> list[str]:
        """Ids of the units above, nearest first."""
        out: list[str] = []
        parent = self.units[unit_id].parent
        while parent is not None and parent in self.units and parent not in out:
            out.append(parent)
            parent = self.units[parent].parent
        return out


def split_name(name: str) -> tuple[str, str]:
    """("huyện", "Chư Sê") from "Huyện Chư Sê"; ("", name) when no type is written."""
    match = _TYPE.match(name)
    return (match.group(1).lower(), name[match.end() :]) if match else ("", name)


def _unit(uid: str, name: str, level: str, parent: str | None, province: str, **more: Any) -> Unit:
    kind, short = split_name(name)
    return Unit(uid, name, level, kind, short, parent, province, **more)


def _package_data() -> Path:
    spec = importlib.util.find_spec("vietnamadminunits")
    if spec is None or not spec.submodule_search_locations:
        raise LangNgheError("the package vietnamadminunits is missing", "run `make install`: it is pinned in constraints.txt")
    return Path(spec.submodule_search_locations[0]) / "data"


def _successor_keys(converter: dict[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """Old ward key → today's (province key, ward key), several for a split ward."""
    out: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for province, wards in converter["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
        for ward, olds in wards.items():
            for old in olds:
                out[old.rstrip("_")].append((province, ward))
    for province, olds in converter["DICT_PROVINCE_WARD_DIVIDED"].items():
        for old, news in olds.items():
            out[old.rstrip("_")].extend((province, new["newWardKey"]) for new in news)
    return out


def _from_package() -> Iterable[Unit]:
    folder = _package_data()
    db = sqlite3.connect(f"file:{folder / 'dataset.db'}?mode=ro&immutable=1", uri=True)
    try:
        new_rows = db.execute("SELECT provinceKey, wardKey, provinceCode, wardCode, province, ward FROM admin_units").fetchall()
        old_rows = db.execute(
            "SELECT provinceKey, districtKey, wardKey, provinceCode, districtCode, wardCode, province, district, ward FROM admin_units_legacy"
        ).fetchall()
    finally:
        db.close()
    converter = json.loads((folder / "converter_2025.json").read_text(encoding="utf-8"))
    province_code: dict[str, str] = {}
    ward_code: dict[tuple[str, str], str] = {}
    for pkey, wkey, pcode, wcode, pname, wname in new_rows:
        if pkey not in province_code:
            province_code[pkey] = pcode
            yield _unit(pcode, pname, "province", None, pcode, valid_from=CHANGE)
        ward_code[pkey, wkey] = wcode
        yield _unit(wcode, wname, "commune", pcode, pcode, valid_from=CHANGE)
    yield from _old_units(old_rows, converter, province_code, ward_code)


def _old_units(
    rows: list[tuple[Any, ...]], converter: dict[str, Any], province_code: dict[str, str], ward_code: dict[tuple[str, str], str]
) -> Iterable[Unit]:
    became = {old: province_code[new] for new, olds in converter["DICT_PROVINCE"].items() for old in olds}
    keys = _successor_keys(converter)
    districts: dict[str, tuple[str, str, dict[str, None]]] = {}
    seen: set[str] = set()
    for pkey, dkey, wkey, pcode, dcode, wcode, pname, dname, wname in rows:
        pid, did = f"old:{pcode}", f"old:{dcode}"
        if pid not in seen:
            seen.add(pid)
            yield _unit(pid, pname, "province", None, pid, valid_to=CHANGE, successors=((became[pkey], 1.0),))
        codes = [ward_code[key] for key in keys.get("_".join(k for k in (pkey, dkey, wkey) if k), [])]
        districts.setdefault(did, (dname, pid, {}))[2].update(dict.fromkeys(codes))
        if wcode:
            shares: tuple[tuple[str, float | None], ...] = ((codes[0], 1.0),) if len(codes) == 1 else tuple((code, None) for code in codes)
            yield _unit(f"old:{wcode}", wname, "commune", did, pid, valid_to=CHANGE, successors=shares)
    for did, (dname, pid, into) in districts.items():
        one = 1.0 if len(into) == 1 else None
        yield _unit(did, dname, "district", pid, pid, valid_to=CHANGE, successors=tuple((code, one) for code in into))


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _check(code: str, row: dict[str, Any], known: AbstractSet[str]) -> None:
    """Raises ValueError naming code and field."""
    if row["level"] not in LEVELS:
        raise ValueError(f"{code}: level must be one of {', '.join(LEVELS)}")
    if not all(isinstance(text, str) and text.strip() for text in (code, row["name"])) or not split_name(row["name"])[1].strip():
        raise ValueError(f"{code}: code and name must be text, the name more than a type")
    if row.get("parent") is not None and row["parent"] not in known:
        raise ValueError(f"{code}: parent {row['parent']!r} is no code")
    for field_name in ("successors", "aliases"):
        if not isinstance(row.get(field_name, []), list) or not all(isinstance(text, str) and text.strip() for text in row.get(field_name, [])):
            raise ValueError(f"{code}: {field_name} must be a list of texts")
    unknown = [text for text in row.get("successors", []) if text not in known]
    if unknown:
        raise ValueError(f"{code}: successor {unknown[0]!r} is no code")


def _extra(path: Path, units: dict[str, Unit]) -> None:
    """Merge a file of the format above into `units`."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        rows = {row["code"]: row for row in rows}
        for code, row in rows.items():
            _check(code, row, rows.keys() | units.keys())
            parent, top, passed = row.get("parent"), code, {code}
            while (above := (rows[top].get("parent") if top in rows else units[top].parent)) is not None:
                if above in passed:
                    raise ValueError(f"{code}: its parents lead back to {above}")
                top = above
                passed.add(top)
            succ = list(row.get("successors", []))
            shares = tuple((s, 1.0 if len(succ) == 1 else None) for s in succ)
            units[code] = _unit(
                code, row["name"], row["level"], parent, top, valid_from=_day(row.get("valid_from")), valid_to=_day(row.get("valid_to")),
                successors=shares, aliases=tuple(row.get("aliases", [])),
            )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LangNgheError(
            f"cannot read the gazetteer {path.name}: {error}", "compare it with the format in processing/annotate/gazetteer.py"
        ) from error


def _correct(units: dict[str, Unit]) -> None:
    corrections = json.loads(_CORRECTIONS.read_text(encoding="utf-8"))
    for code, new in corrections["recoded"].items():
        units[new] = replace(units.pop(code), id=new)
        for uid, unit in list(units.items()):
            if any(s == code for s, _ in unit.successors):
                units[uid] = replace(unit, successors=tuple((new if s == code else s, share) for s, share in unit.successors))
    for code, name in corrections["renamed"].items():
        kind, short = split_name(name)
        units[code] = replace(units[code], name=name, kind=kind, short=short)
    for code, names in corrections["aliases"].items():
        units[code] = replace(units[code], aliases=tuple(names))
    for row in corrections["former"]:
        heir = units[row["successor"]]
        units[row["code"]] = _unit(
            row["code"], row["name"], row["level"], heir.parent, row["code"] if row["level"] == "province" else heir.province,
            valid_to=_day(row["valid_to"]), successors=heir.successors or ((heir.id, 1.0),),
        )  # fmt: skip


@cache
def load(extra: Path | None = None) -> Gazetteer:
    """The gazetteer, with the units of `extra` merged in. About 0.2 s; kept for the life of the process. Raises LangNgheError."""
    units = {unit.id: unit for unit in _from_package()}
    _correct(units)
    if extra is not None:
        _extra(extra, units)
    gazetteer = Gazetteer(units)
    gazetteer.index()
    return gazetteer
