"""The board's own area from config/area.toml, given in today's or in earlier units."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from processing.annotate.chars import exact
from processing.annotate.gazetteer import Gazetteer, Unit
from processing.annotate.mentions import called
from processing.annotate.placewords import KIND, KIND_FOLDED
from processing.errors import ConfigError
from processing.text import clean

_KEYS = {"name", "units"}


def _beginning(forms: dict[str, str]) -> re.Pattern[str]:
    return re.compile(rf"({'|'.join(re.escape(form) for form in sorted(forms, key=len, reverse=True))})(?:(?<=\.)\s*|\s+)(?=\w)")


_TYPE, _TYPE_FOLDED = _beginning(KIND), _beginning(KIND_FOLDED)


@dataclass(frozen=True, slots=True)
class Area:
    """`unit_codes`: today's provinces and communes of the area, sorted. `became`: one sentence for each unit that no longer exists."""

    name: str
    unit_codes: tuple[str, ...]
    became: tuple[str, ...]


def resolve(path: Path, gazetteer: Gazetteer) -> Area:
    """Read the area. Raises ConfigError naming the file, the unit and how to write it."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read {path.name}: {error}", 'it needs name = "…" and units = ["…"]') from error
    for key in raw:
        if key not in _KEYS:
            raise ConfigError(f"{path.name}: unknown key {key!r}", "known: name, units")
    if not isinstance(raw.get("name"), str) or not isinstance(raw.get("units"), list) or not raw["units"]:
        raise ConfigError(f"{path.name}: name or units is missing", 'name = "Tỉnh Gia Lai" and units = ["Tỉnh Gia Lai"], for example')
    codes: set[str] = set()
    became = []
    for entry in raw["units"]:
        unit = lookup(gazetteer, str(entry), path.name)
        heirs = [heir for heir, _ in gazetteer.current(unit.id)]
        codes.update(heir.id for heir in heirs)
        if not unit.today:
            became.append(f"{unit.name}: {', '.join(heir.name for heir in heirs)}")
    return Area(raw["name"], tuple(sorted(codes)), tuple(became))


def lookup(gazetteer: Gazetteer, entry: str, where: str = "area.toml") -> Unit:
    """The unit meant by "Huyện Chư Sê", "H. Chư Sê", "Xã Tân Phú, Vĩnh Long" or a code.

    Today's unit wins over an earlier one of the same full name, unless the name ends in "cũ"; the name as written over other ways of writing it.
    """
    if entry in gazetteer.units:
        return gazetteer.units[entry]
    name, *above = [part.strip() for part in clean(entry).split(",")]
    former = exact(name).endswith(" cũ")
    kind, short = _type_and_name(name[:-3] if former else name)
    found = [
        unit for unit in gazetteer.units.values()
        if (not kind or unit.kind == kind) and not (former and unit.today) and called(unit, short) and all(_under(gazetteer, unit, part) for part in above)
    ]  # fmt: skip
    found = [unit for unit in found if exact(unit.short) == exact(short)] or found
    ranked = sorted(found, key=lambda u: (not u.today, ("province", "district", "commune").index(u.level)))
    best = [u for u in ranked if (u.today, u.level) == (ranked[0].today, ranked[0].level)]
    if len(best) == 1:
        return best[0]
    if not best:
        raise ConfigError(f"{where}: no unit is called {entry!r}", 'write the type and the province, as in "Huyện Chư Sê, Gia Lai"')
    several = "; ".join(_full(gazetteer, u) for u in best[:5])
    raise ConfigError(f"{where}: {entry!r} may be {len(best)} units ({several} …)", "add the district or province after a comma")


def _type_and_name(written: str) -> tuple[str, str]:
    """("huyện", "Chư Sê") from "Huyện Chư Sê", "H. Chư Sê" or "H.Chư Sê"; ("", name) when no type is written."""
    bare = written.isascii()
    match = (_TYPE_FOLDED if bare else _TYPE).match(exact(written))
    return ((KIND_FOLDED if bare else KIND)[match.group(1)], written[match.end() :]) if match else ("", written)


def _under(gazetteer: Gazetteer, unit: Unit, part: str) -> bool:
    wanted = _type_and_name(part)[1]
    now = gazetteer.province_today(unit.id)
    above = [gazetteer.units[p] for p in gazetteer.ancestors(unit.id)]
    return any(called(u, wanted) for u in [*above, *([now] if now else [])])


def _full(gazetteer: Gazetteer, unit: Unit) -> str:
    return ", ".join([unit.name, *(gazetteer.units[p].name for p in gazetteer.ancestors(unit.id))])
