"""Which formats there are, those of installed packages included, and which one an export is of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from boilover.adapters.base import Adapter
from boilover.adapters.members import Member
from boilover.errors import InputError, UsageError

ADAPTERS = {
    "table": "boilover.adapters.mapping:TableAdapter",
    "xes": "boilover.adapters.xes:XesAdapter",
    "ocel": "boilover.adapters.ocel:OcelAdapter",
    "zendesk": "boilover.adapters.zendesk:ZendeskAdapter",
    "jira": "boilover.adapters.jira:JiraAdapter",
    "servicenow": "boilover.adapters.servicenow:ServiceNowAdapter",
    "salesforce": "boilover.adapters.salesforce:SalesforceAdapter",
    "freshdesk": "boilover.adapters.freshdesk:FreshdeskAdapter",
    "intercom": "boilover.adapters.intercom:IntercomAdapter",
    "hubspot": "boilover.adapters.hubspot:HubSpotAdapter",
    "github": "boilover.adapters.github:GitHubAdapter",
}
"""Format to ``module:class``, imported when it is asked for; others come as entry points of the group `GROUP`."""
GROUP = "boilover.adapters"
SURE, HINT = 0.8, 0.3
"""A file of which one format is sure is no part of an export of another that only takes it for possible."""


@cache
def formats() -> tuple[str, ...]:
    """Return the names of all formats, those of installed packages included."""
    return (*ADAPTERS, *sorted(_installed()))


def _installed() -> Mapping[str, EntryPoint]:
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if taken := sorted(set(found) & set(ADAPTERS)):
        raise UsageError(f"an installed package brings an adapter '{taken[0]}', a name that is taken")
    return found


def adapter(name: str) -> Adapter:
    """Return the adapter of a format; raise `UsageError` naming those that exist."""
    if name in ADAPTERS:
        module, _, kind = ADAPTERS[name].partition(":")
        made: Adapter = getattr(import_module(module), kind)()
        return made
    installed = _installed()
    if name not in installed:
        raise UsageError(f"unknown format '{name}'; there are: auto, {', '.join(formats())}")
    try:
        own = installed[name].load()()
    except Exception as error:
        raise UsageError(
            f"the adapter '{name}' ({installed[name].value}) cannot be loaded: {error}"
        ) from error
    if not isinstance(own, Adapter):
        raise UsageError(f"'{name}' ({installed[name].value}) is no adapter: it needs name, sniff and read")
    return own


def detect(members: Sequence[Member]) -> str:
    """Return the format that one of the files is surest of; raise `InputError` where it does not know them all."""
    known = {name: adapter(name) for name in formats()}
    scores = {name: [each.sniff(member.head) for member in members] for name, each in known.items()}
    best = max(scores, key=lambda name: (max(scores[name]), sum(scores[name])))
    mend = f"Name the format, one of {', '.join(known)}, or leave the file out"
    for place, member in enumerate(members):
        if not any(each[place] for each in scores.values()):
            raise InputError("the format is not recognised", file=member.name, mend=mend)
        surer = max(each[place] for each in scores.values()) >= SURE
        if scores[best][place] <= (HINT if surer else 0):
            surest = members[max(range(len(members)), key=lambda other: scores[best][other])]
            problem = f"is no part of a {best} export, as {surest.name} is"
            raise InputError(problem, file=member.name, mend=mend)
    return best
