"""Find names of units in a text: Aho-Corasick over folded names, type prefixes and abbreviations, lists, and traps.

A *mention* is a name with all units that may bear it; which of them is meant is decided in `resolve`. Streets, persons, schools and
companies named after places are recognised by what stands beside the name and dropped here.
"""

from __future__ import annotations

import re
from collections import defaultdict

import ahocorasick

from processing.annotate.chars import exact, folded
from processing.annotate.gazetteer import Gazetteer, Unit
from processing.annotate.placewords import AFTER_LIST, NEXT_NUMBER, NUMBERED, PLURAL, highland
from processing.annotate.scan import LOOSE, Mention, Scan

_FINAL_C, _FINAL_K = re.compile(r"(?<=[aeiou])c(?=$|[ -])"), re.compile(r"(?<=[aeiou])k(?=$|[ -])")


def _variants(name: str) -> set[str]:
    """Ways of writing a name with a dash or apostrophe."""
    out = {name}
    for dash in (" - ", "-"):
        if dash in name:
            out |= {name.replace(dash, other) for other in (" - ", "-", " ", " -", "- ")}
    if "'" in name or "’" in name:
        plain = name.replace("’", "'")
        out |= {plain, plain.replace("'", ""), plain.replace("'", " ")}
    return out


def _loose(key: str) -> set[str]:
    """Folded ways of writing a highland name, whatever its accents: "krong pac" and "krong pak"; none for other names."""
    return {key, _FINAL_C.sub("k", key), _FINAL_K.sub("c", key)} if highland(key) else set()


def called(unit: Unit, name: str) -> bool:
    """Is `name` (without its type) a way of writing the unit's name: an alias, other dashes, highland accents, or no accents at all?"""
    for form in (unit.short, *unit.aliases):
        key = folded(form)
        if key[:1] != folded(name)[:1] and not highland(key):
            continue
        if exact(name) in {exact(other) for other in _variants(form)} or folded(name) in _loose(key) or (name.isascii() and name.lower() == key):
            return True
    return False


class Names:
    """All names of a gazetteer in one automaton."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        index: dict[str, dict[str, list[Unit]]] = defaultdict(lambda: defaultdict(list))
        self.numbered: dict[tuple[str, str], list[Unit]] = defaultdict(list)
        for unit in gazetteer.units.values():
            if unit.short.isdigit() or re.fullmatch("[IVX]+", unit.short):
                self.numbered[unit.kind, unit.short.lower().lstrip("0")].append(unit)
                continue
            for name in (unit.short, *unit.aliases):
                for form in _variants(name):
                    key = folded(form)
                    index[key][exact(form)].append(unit)
                    for other in _loose(key):
                        index[other][LOOSE].append(unit)
        self.automaton = ahocorasick.Automaton()
        for key, forms in index.items():
            self.automaton.add_word(key, (len(key), dict(forms)))
        self.automaton.make_automaton()

    def find(self, text: str) -> list[Mention]:
        """Mentions in `text` (NFC), leftmost-longest, in order; trapped ones left out."""
        scan = Scan(text)
        raw: list[Mention] = self._numbered(scan)
        for last, (length, forms) in self.automaton.iter(scan.fold):
            start, end = last + 1 - length, last + 1
            if (start and scan.fold[start - 1].isalnum()) or (end < len(text) and scan.fold[end].isalnum()):
                continue
            mention = scan.mention(start, end, forms)
            if mention is not None:
                raw.append(mention)
        return scan.keep(raw)

    def _numbered(self, scan: Scan) -> list[Mention]:
        """ "Quận 1", "Q.1", "P12", "phường IV": numbers are names only with their type; a lone small letter is no type."""
        out = []
        for match in NUMBERED.finditer(scan.low):
            group = 1 if match.group(1) else 3
            kind = "quận" if match.group(group)[0] == "q" else "phường"
            units = self.numbered.get((kind, match.group(group + 1).lstrip("0")), [])
            short = match.group(group) in ("p", "f", "q")
            if units and not (short and (match.start(2) != match.end(1) or not scan.text[match.start()].isupper())):
                plural = PLURAL.search(scan.low[max(0, match.start() - 20) : match.start()]) is not None
                out.append(Mention(match.start(), match.start(group + 1), match.end(), kind, list(units), False, plural=plural))
                out += self._more_numbers(scan, out[-1])
        return out

    def _more_numbers(self, scan: Scan, first: Mention) -> list[Mention]:
        """The other numbers of a list ("quận 1, 2 và 9"). Of the last one its neighbour must say that it counts nothing."""
        out: list[Mention] = []
        at = first.end
        while (match := NEXT_NUMBER.match(scan.low, at)) and (units := self.numbered.get((first.kind, match.group(1).lstrip("0")))):
            at = match.end()
            if not (first.plural or AFTER_LIST.match(scan.low, at)):
                break
            out.append(Mention(match.start(1), match.start(1), at, first.kind, list(units), False, plural=first.plural))
        return out
