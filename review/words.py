"""Marks words in Python that a reader will see, so that the catalogue holds them; the page translates them when it is rendered."""

from __future__ import annotations


def _(message: str) -> str:
    return message


SAID_BELOW = (
    _("there is no such match"),
    _("it may have been removed on request; reload the list"),
    _("only a named, active user decides"),
    _("sign in again"),
    _("the publisher has withdrawn this check"),
    _("reject the match, or confirm another publisher's"),
    _("an issue without documents cannot be merged"),
    _("choose another one"),
    _("a split must take some documents and leave some"),
    _("choose fewer, or at least one"),
    _("this decision does not stand"),
    _("it may have been taken back already; reload the page"),
    _("a later merge or split builds on this one"),
    _("take the later one back first"),
    _("reload the issue's page and choose again"),
    _("it may have been removed on request"),
)
"""What the rooms below say of decisions that cannot be taken, in the words they use."""
