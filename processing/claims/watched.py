"""Regular expressions that are looked for only where one of their words stands.

A sentence is asked dozens of times whether it holds a phrase of some list, and nearly always it does not. From each pattern the strings are worked out of which
every match holds one; one automaton (Aho and Corasick 1975) finds all strings of all patterns in one pass, and a pattern none of whose strings is there is not
tried. Whether a pattern matches is still for the pattern to say, so what is found stays the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import product

import ahocorasick

_BLANKS = bytes(code if chr(code).isalnum() or code == 95 else 32 for code in range(128)) + b" " * 128
_MANY = 6_000  # strings kept for one pattern
_EDGE = ("!\\w", "<!\\w")  # look-arounds that stand for the end of a word
Strings = frozenset[str]
Part = tuple[bool, Strings | None]
"""(True, every string it can be) or (False, strings of which it holds one; None where there are none)."""
_NOTHING: Part = (False, None)


class _Reader:
    """Reads the part of the syntax that the lists of this room are written in; anything else raises ValueError when the module is loaded."""

    def __init__(self, pattern: str) -> None:
        self.pattern, self.at = pattern, 0

    def alternatives(self) -> Part:
        branches = [self._branch()]
        while self._take("|"):
            branches.append(self._branch())
        if all(exact for exact, _ in branches):
            return True, frozenset().union(*(strings or () for _, strings in branches))
        needs = [_best([strings]) if exact else strings for exact, strings in branches]
        return (False, frozenset().union(*(need or () for need in needs))) if all(needs) else _NOTHING

    def _take(self, what: str) -> bool:
        found = self.pattern.startswith(what, self.at)
        self.at += len(what) * found
        return found

    def _branch(self) -> Part:
        run: Strings = frozenset([""])
        needs: list[Strings | None] = []
        whole = True
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            exact, strings = self._repeated(self._one())
            if exact and strings is not None and len(run) * len(strings) <= _MANY:
                run = frozenset(a + b for a, b in product(run, strings))
                continue
            whole = False
            needs += [run, strings]
            run = frozenset([""])
        return (True, run) if whole else (False, _best([*needs, run]))

    def _one(self) -> Part:
        char = self.pattern[self.at]
        self.at += 1
        if char == "(":
            return self._group()
        if char == "[":
            self.at = re.compile(r"\^?\]?(?:\\.|[^\]\\])*\]").match(self.pattern, self.at).end()  # type: ignore[union-attr]
            return _NOTHING
        if char == "\\":
            char = self.pattern[self.at]
            self.at += 1
            if char in "wWdDSsb":
                return (True, frozenset([" "])) if char in "sWb" else _NOTHING
            return True, frozenset([_plain(char)])
        if char in "^$":
            return True, frozenset(["^ " if char == "^" else " $"])
        if char in "*+?{}":
            raise ValueError(f"not read: {self.pattern[self.at - 1 :][:20]!r}")
        return _NOTHING if char == "." else (True, frozenset([_plain(char)]))

    def _group(self) -> Part:
        begin = self.at
        ahead = re.compile(r"\?(?::|P<\w+>|=|!|<=|<!)").match(self.pattern, self.at)
        if ahead is not None:
            self.at = ahead.end()
        inner = self.alternatives()
        if not self._take(")"):
            raise ValueError(f"not read: {self.pattern[begin:][:20]!r}")
        if ahead is None or ahead[0][1] in ":P":
            return inner
        return True, frozenset([" " if self.pattern[begin + 1 : self.at - 1] in _EDGE else ""])

    def _repeated(self, part: Part) -> Part:
        blank = part == (True, frozenset([" "]))
        found = re.compile(r"([*+?]|\{\d*,?\d*\})\??").match(self.pattern, self.at)
        if found is None:
            return part
        self.at = found.end()
        sign = found[1]
        if sign == "?" or (sign == "*" and blank):  # a run of blanks is one blank in `_form`
            return (True, part[1] | {""}) if part[0] and part[1] is not None else _NOTHING
        if sign == "+" and blank:
            return part
        if sign == "*" or sign.startswith(("{0", "{,")):
            return _NOTHING
        return False, _best([part[1]])


def _plain(char: str) -> str:
    return char if char.isalnum() or char == "_" else " "


def _best(choices: list[Strings | None]) -> Strings | None:
    """The choice whose shortest string is longest; None where each has one that is always there."""
    kept = [frozenset(" ".join(f"\0{s}\0".split(" ")).replace("\0", "") for s in some) for some in choices if some]
    ranked = [(min(len(s.replace(" ", "")) for s in some), -len(some), some) for some in ({_single(s) for s in some} for some in kept)]
    least, _, found = max(ranked, key=lambda r: r[:2], default=(0, 0, set()))
    return frozenset(found) if least else None


def _single(text: str) -> str:
    return re.sub(" +", " ", text)


def needed(pattern: str) -> Strings:
    """Strings of which the form of every text that `pattern` matches holds one. Raises ValueError where there are none."""
    reader = _Reader(pattern)
    exact, strings = reader.alternatives()
    found = _best([strings]) if exact else strings
    if reader.at != len(pattern) or not found or not all(map(str.isascii, found)):
        raise ValueError(f"nothing that every match holds: {pattern[:40]!r}")
    return found


def _form(folded: str) -> str:
    """The words of a folded text with one blank between, and a sign at each end. What is no ASCII letter is blank: no string holds any."""
    return f"^ {b' '.join(folded.encode('ascii', 'replace').translate(_BLANKS).split()).decode()} $"


_watched: list[Strings] = []
_finders: list[ahocorasick.Automaton] = []


def _finder() -> ahocorasick.Automaton:
    """All strings watched for, each with the bits of its patterns; built with the first question after the last pattern."""
    if not _finders:
        bits: dict[str, int] = {}
        for number, strings in enumerate(_watched):
            for string in strings:
                bits[string] = bits.get(string, 0) | 1 << number
        found = ahocorasick.Automaton()
        for string, mask in bits.items():
            found.add_word(string, mask)
        found.make_automaton()
        _finders.append(found)
    return _finders[0]


@lru_cache(maxsize=64)  # a sentence is asked for one pattern after the other
def met(folded: str) -> int:
    """The bits of all patterns of which a string stands in the text."""
    bits = 0
    for _, mask in _finder().iter(_form(folded)):
        bits |= mask
    return bits


class Watched:
    """A pattern over texts folded by `fold_keep`, tried only where one of its strings stands."""

    def __init__(self, pattern: str) -> None:
        self.regex = re.compile(pattern)
        self.bit = 1 << len(_watched)
        _watched.append(needed(pattern))
        _finders.clear()
        met.cache_clear()

    def may(self, folded: str) -> bool:
        """Is one of its strings there? Where not, it does not match."""
        return bool(met(folded) & self.bit)

    def search(self, folded: str) -> re.Match[str] | None:
        return self.regex.search(folded) if self.may(folded) else None

    def match(self, folded: str) -> re.Match[str] | None:
        return self.regex.match(folded) if self.may(folded) else None

    def finditer(self, folded: str) -> Iterator[re.Match[str]]:
        return self.regex.finditer(folded) if self.may(folded) else iter(())
