"""Every operation, by every interface, asked for by people of every role."""

from __future__ import annotations

import grpc
import httpx

from hodei.api.access.rules import Scope
from hodei.api.access.table import GRPC, REST, SSH, TOPICS
from hodei.api.http.app import OPERATIONS
from tests.integration.access.asking import (
    ALLOWED,
    FORBIDDEN,
    HIDDEN,
    UNKNOWN,
    ask_grpc,
    ask_rest,
    ask_ssh,
    ask_terminal,
    ask_topics,
    wanted,
)
from tests.integration.access.installation import PEOPLE, Installation

WHO = ["nobody", *PEOPLE]
KEYED = {"job", "logs", "stats"}
OWN = {name for name, rule in REST.items() if rule.scope is Scope.SELF}
CLOSED = {UNKNOWN: 4401, FORBIDDEN: 4403, HIDDEN: 4404, ALLOWED: 4409}
"""4409: let in, and the job does not run."""


async def test_rest(place: Installation) -> None:
    job = str((await place.cancelled()).id)
    # What is public judges by itself what it is shown.
    asked = [each for each in OPERATIONS if REST[each.name].scope is not Scope.PUBLIC]
    async with httpx.AsyncClient(base_url=place.api, timeout=60) as client:
        for who in WHO:
            found = {each.name: await ask_rest(client, each, job, who) for each in asked}
            expected = {name: wanted(REST[name], PEOPLE.get(who)) for name in found}
            for name in OWN & set(found):
                # What somebody may do about themselves depends on what they came with.
                found[name] = ALLOWED if found[name] == FORBIDDEN else found[name]
            # It was asked for this topic.
            expected["streamEvents"] = wanted(TOPICS["stats"], PEOPLE.get(who))
            assert found == expected, who


async def test_grpc(place: Installation) -> None:
    job = str((await place.cancelled()).id)
    others = (Scope.WORKER, Scope.SERVER)
    served = [name for name, rule in GRPC.items() if rule.scope not in others]
    async with grpc.aio.insecure_channel(f"127.0.0.1:{place.grpc_port}") as channel:
        for who in WHO:
            found = {method: await ask_grpc(channel, method, job, who) for method in served}
            expected = {method: wanted(GRPC[method], PEOPLE.get(who)) for method in served}
            assert found == expected, who


async def test_live_topics_terminal_and_ssh(place: Installation) -> None:
    job = str((await place.cancelled()).id)
    topics = {kind: f"{kind}:{job}" if kind in KEYED else kind for kind in TOPICS}
    topics["provider"] = "provider:cloud"
    for who in WHO:
        roles = PEOPLE.get(who)
        found = await ask_topics(place, topics, who)
        assert found == {kind: wanted(rule, roles) for kind, rule in TOPICS.items()}, who
        terminal = wanted(REST["openTerminal"], roles)
        assert await ask_terminal(place, job, who) == (terminal, CLOSED[terminal]), who
        assert await ask_ssh(place, job, who) == wanted(SSH["session"], roles), who
