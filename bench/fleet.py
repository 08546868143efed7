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


def main() -> None:
    """Connects everybody, then keeps them alive."""
    poll = select.poll()
    members: dict[int, Member] = {}
    wanted = 0
    for line in iter(sys.stdin.readline, "\n"):
        worker_id, token = line.split()
        wanted += 1
        # Spread over the interval, as agents that began at different times are.
        first_beat = monotonic() + HEARTBEAT_S * (wanted % 100) / 100
        member = Member(sys.argv[1], worker_id, token, first_beat)
        members[member.channel.fileno()] = member
        poll.register(member.channel.fileno(), select.POLLIN)
    poll.register(sys.stdin.fileno(), select.POLLIN | select.POLLHUP)
    welcomed = 0
    while True:
        for descriptor, _ in poll.poll(50):
            if descriptor == sys.stdin.fileno():
                return
            welcomed += members[descriptor].hear()
            if welcomed == wanted:
                welcomed += 1
                print("ready", flush=True)
        now = monotonic()
        for member in members.values():
            member.beat(now)


if __name__ == "__main__":
    main()
