"""Many idle agents in one process: `python -m bench.fleet TARGET`, worker and token on stdin.

Each is a connection of its own through the agent's own client, greets as an agent does, and
sends its heartbeats. Says `ready` once every one has been welcomed; ends at the end of stdin.
"""

from __future__ import annotations

import select
import sys
from time import monotonic, time

from hodei.agent import messages
from hodei.agent.rpc import Channel, Stream

HEARTBEAT_S = 3.0
CONNECT_S = 10.0


class Member:
    """One agent without a job."""

    def __init__(self, target: str, worker_id: str, token: str, first_beat: float) -> None:
        self.channel = Channel(target)
        self.channel.connect(CONNECT_S)
        self.stream: Stream = self.channel.open_stream(
            messages.WORKER_STREAM, (("hodei-session", token),)
        )
        hello = {"hello": {"worker_id": worker_id}}
        self.stream.send(messages.AGENT_BATCH.encode({"frames": [hello]}))
        self.channel.on_writable()
        self.beat_at = first_beat
        self.welcomed = False

    def hear(self) -> bool:
        """Takes what came; whether it is the welcome."""
        self.channel.on_readable()
        for payload in self.stream.receive():
            frames = messages.SERVER_BATCH.decode(payload)["frames"]
            if not self.welcomed and any("welcome" in frame for frame in frames):
                self.welcomed = True
                return True
        if self.stream.status() is not None:
            raise RuntimeError(f"the server ended the stream: {self.stream.status()}")
        return False

    def beat(self, now: float) -> None:
        """The heartbeat, when it is due."""
        if now >= self.beat_at:
            frame = {"heartbeat": {"sent_at_ms": int(time() * 1000)}}
            self.stream.send(messages.AGENT_BATCH.encode({"frames": [frame]}))
            self.channel.on_writable()
            self.beat_at = now + HEARTBEAT_S


class Fleet:
    """All of them, and who of them has been welcomed."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._poll.register(sys.stdin.fileno(), select.POLLIN | select.POLLHUP)
        self._members: dict[int, Member] = {}
        self.welcomed = 0

    def add(self, target: str, worker_id: str, token: str) -> None:
        """Connects one more."""
        # Spread over the interval, as agents that began at different times are.
        first_beat = monotonic() + HEARTBEAT_S * (len(self._members) % 100) / 100
        member = Member(target, worker_id, token, first_beat)
        self._members[member.channel.fileno()] = member
        self._poll.register(member.channel.fileno(), select.POLLIN)

    def live(self, wait_ms: int) -> bool:
        """Hears what came and sends what is due; False at the end of stdin."""
        for descriptor, _ in self._poll.poll(wait_ms):
            if descriptor in self._members:
                self.welcomed += self._members[descriptor].hear()
            elif wait_ms:
                return False
        now = monotonic()
        for member in self._members.values():
            member.beat(now)
        return True


def main() -> None:
    """Connects everybody, then keeps them alive."""
    fleet = Fleet()
    workers = [line.split() for line in iter(sys.stdin.readline, "\n")]
    for number, (worker_id, token) in enumerate(workers):
        fleet.add(sys.argv[1], worker_id, token)
        if number % 20 == 0:
            # The first of them must not fall silent while the others come.
            fleet.live(0)
    told = False
    while fleet.live(50):
        if not told and fleet.welcomed == len(workers):
            told = True
            print("ready", flush=True)


if __name__ == "__main__":
    main()
