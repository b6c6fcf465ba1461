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
    _("too many requests are waiting"),
    _("write to the contact address instead"),
    _("the asker needs an answer"),
    _("write in a few words what was found, or why the page stays"),
    _("only an officer or an administrator decides on requests"),
    _("hand it to one of them"),
    _("there is no such open request"),
    _("it may have been decided meanwhile; reload the list"),
    _("unknown kind or ground of a request"),
    _("a decision needs its reason"),
    _("say how you know that the new host is the same owner's: a notice on its site, a letter, a call"),
    _("this is no address of a page"),
    _("copy it from the browser, with https://"),
    _("this address led to several different pages"),
    _("name the page's own address, as it shows once the page is open"),
)
"""What the rooms below say of decisions that cannot be taken, in the words they use."""
