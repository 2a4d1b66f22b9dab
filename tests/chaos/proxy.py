"""A proxy before PostgreSQL that knows where a flush begins, commits and ends, and can act just there.

It reads the wire protocol only so far: which prepared statements a flush (everything up to a Sync) names, and where
COMMIT's reply and ReadyForQuery come back. So a worker can be killed, frozen or cut off at a named point without any
switch in the program that is tested. No TLS, one event loop in a thread of its own.
"""

import asyncio
import collections
import contextlib
import dataclasses
import os
import signal
import socket
import struct
import threading
import typing

# What a flush is for, by the statement that tells.
KINDS = {"write_progress": "write", "take": "take", "emitted": "emitted", "read_clock": "read",
         "unsent_decisions": "unsent", "unsent_quarantines": "unsent"}

# Points of a flush, in the order in which it passes them. `begun`: the first rows are locked, the rest is not sent.
# `uncommitted`: all is sent but COMMIT. `unsynced`: COMMIT is sent, the Sync after it is not. `sent`: all has left.
# `swallowed`: PostgreSQL has answered COMMIT (or, where nothing says COMMIT, the flush) and the answer is dropped.
# `replied`: the worker has been sent the whole answer.
POINTS = ("write.begun", "write.uncommitted", "write.unsynced", "write.sent", "write.swallowed", "write.replied",
          "take.uncommitted", "take.sent", "take.swallowed", "take.replied", "read.unsynced", "read.replied",
          "emitted.unsynced", "emitted.swallowed", "unsent.replied")


class Cut(Exception):
    """This connection is no more."""


class Flush:
    def __init__(self):
        self.statements = []
        self.kind = ""

    def names(self, statement):
        self.statements.append(statement)
        self.kind = self.kind or KINDS.get(statement, "")


@dataclasses.dataclass
class Trap:
    """Acts once, when a connection passes `point`; of process `pid` only, where that is given."""
    point: str
    act: typing.Callable  # coroutine function of the link; may raise Cut
    pid: int | None = None
    fired: threading.Event = dataclasses.field(default_factory=threading.Event)
    by: int = 0  # the process that it fired on


class Link:
    """One connection of a worker."""

    def __init__(self, proxy, reader, writer):
        self.proxy, self.client, self.to_client = proxy, reader, writer
        self.server = self.to_server = None
        self.pid = 0
        self.flushes = collections.deque([Flush(), Flush()])  # the first is the log-in
        self.thawed = asyncio.Event()
        self.thawed.set()

    def abort(self, *writers):
        for writer in writers or (self.to_client, self.to_server):
            if writer is None or writer.transport.is_closing():
                continue
            with contextlib.suppress(OSError):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def passes(self, point):
        await self.thawed.wait()
        trap = self.proxy.trap
        if trap is None or trap.point != point or trap.pid not in (None, self.pid):
            return
        self.proxy.trap = None
        trap.by = self.pid
        try:
            await trap.act(self)
        finally:
            trap.fired.set()

    async def log_in(self):
        """The start-up packet; application_name is `mentord HOST/PID[/LANE]`."""
        head = await self.client.readexactly(4)
        body = await self.client.readexactly(int.from_bytes(head, "big") - 4)
        fields = body[4:].split(b"\0")
        names = dict(zip(fields[0::2], fields[1::2]))
        owner = names.get(b"application_name", b"").decode().removeprefix("mentord ").split("/")
        if len(owner) > 1 and owner[1].isdigit():
            self.pid = int(owner[1])
        self.to_server.write(head + body)

    async def forward(self):
        """Worker to PostgreSQL."""
        await self.log_in()
        while True:
            head = await self.client.readexactly(5)
            message = head + await self.client.readexactly(int.from_bytes(head[1:], "big") - 4)
            flush, kind = self.flushes[-1], head[:1]
            if kind == b"B":
                statement = message[5:].split(b"\0", 2)[1].decode()
                if flush.statements[-1:] == ["write_progress"]:
                    await self.passes("write.begun")
                flush.names(statement)
                if statement == "commit":
                    await self.passes(f"{flush.kind}.uncommitted")
            ends = kind in (b"S", b"Q")
            if ends:
                await self.passes(f"{flush.kind}.unsynced")
                self.flushes.append(Flush())
            await self.thawed.wait()
            self.to_server.write(message)
            await self.to_server.drain()
            if ends:
                await self.passes(f"{flush.kind}.sent")

    async def back(self):
        """PostgreSQL to worker."""
        commits = ("write", "take")
        while True:
            head = await self.server.readexactly(5)
            message = head + await self.server.readexactly(int.from_bytes(head[1:], "big") - 4)
            flush, ends = self.flushes[0], head[:1] == b"Z"
            if message[:1] + message[5:] == b"CCOMMIT\0" and flush.kind in commits or ends and flush.kind not in commits:
                await self.passes(f"{flush.kind}.swallowed")
            await self.thawed.wait()
            self.to_client.write(message)
            await self.to_client.drain()
            if ends:
                self.flushes.popleft()
                await self.passes(f"{flush.kind}.replied")

    async def run(self):
        try:
            if self.proxy.refuses:
                raise Cut
            self.server, self.to_server = await self.proxy.connect()
            pumps = [asyncio.create_task(self.forward()), asyncio.create_task(self.back())]
            done, others = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for task in others:
                task.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            for task in done:
                error = task.exception()
                if error is not None and not isinstance(error, (Cut, OSError, asyncio.IncompleteReadError)):
                    self.proxy.errors.append(repr(error))
            if not any(isinstance(task.exception(), Cut) for task in done):
                await self.say_goodbye()
        except (Cut, OSError):
            pass
        finally:
            self.abort()

    async def say_goodbye(self):
        """One side has ended: what it sent before still reaches the other."""
        for writer in (self.to_client, self.to_server):
            with contextlib.suppress(OSError):
                writer.close()
                await asyncio.wait_for(writer.wait_closed(), 2)


class Proxy:
    """`port` is where workers find it."""

    def __init__(self, server_port):
        self.server_port = server_port
        self.trap = None
        self.refuses = False
        self.links = set()
        self.errors = []  # of the proxy itself
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True, name="proxy").start()
        self._listener = self._call(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port = self._listener.sockets[0].getsockname()[1]

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    async def connect(self):
        return await asyncio.open_connection("127.0.0.1", self.server_port)

    async def _accept(self, reader, writer):
        link = Link(self, reader, writer)
        self.links.add(link)
        try:
            await link.run()
        finally:
            self.links.discard(link)

    # From the outside: all of these may be called from any thread.

    def set(self, point, act, pid=None) -> Trap:
        """One trap at a time; it is in the loop's thread that it is looked at."""
        trap = Trap(point, act, pid)
        self._loop.call_soon_threadsafe(setattr, self, "trap", trap)
        return trap

    def unset(self):
        async def clear():
            self.trap = None
        self._call(clear())

    def cut(self, pid=None):
        """All connections, or a process's, in both directions at once."""
        async def each():
            for link in [k for k in self.links if pid in (None, k.pid)]:
                link.abort()
        self._call(each())

    def freeze(self, frozen, pid=None):
        """Nothing passes, in either direction; nothing is lost either."""
        async def each():
            for link in [k for k in self.links if pid in (None, k.pid)]:
                link.thawed.clear() if frozen else link.thawed.set()
        self._call(each())

    def refuse(self, refuses):
        self._loop.call_soon_threadsafe(setattr, self, "refuses", refuses)


# What a trap does.

async def kill(link):
    """Nothing of what it still had to say gets out."""
    os.kill(link.pid, signal.SIGKILL)
    link.abort()
    raise Cut


async def cut(link):
    link.abort()
    raise Cut


async def half_cut(link):
    """The worker loses the connection at once, PostgreSQL notices seconds later: its locks stay."""
    link.abort(link.to_client)
    await asyncio.sleep(3)
    raise Cut


def delayed(seconds):
    async def act(_link):
        await asyncio.sleep(seconds)
    return act


async def freeze(link):
    """The process stops where it is, and so does what it was saying; `Proxy.freeze(False, pid)` lets it go on."""
    os.kill(link.pid, signal.SIGSTOP)
    for other in link.proxy.links:
        if other.pid == link.pid:
            other.thawed.clear()
