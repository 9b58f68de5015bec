"""A TCP proxy that adds latency in both directions: `python -m bench.delay PORT MILLISECONDS`.

Each piece goes on after half of the round trip; bandwidth is not limited.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from bench.child import announced, serving

_PIECE = 256 * 1024


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wait: float) -> None:
    """Everything in its order, each piece `wait` seconds after it came."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(64)

    async def late() -> None:
        while (entry := await queue.get())[1]:
            await asyncio.sleep(max(0.0, entry[0] - loop.time()))
            writer.write(entry[1])
            await writer.drain()

    sending = asyncio.ensure_future(late())
    with suppress(OSError):
        while piece := await reader.read(_PIECE):
            await queue.put((loop.time() + wait, piece))
    await queue.put((0.0, b""))
    with suppress(OSError):
        await sending
    writer.close()


async def serve(port: int, wait: float) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_pump(reader, far_writer, wait), _pump(far_reader, writer, wait))

    server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=_PIECE)
    await announced(server)


@contextmanager
def delayed(port: int, round_trip: float) -> Iterator[int]:
    """The port of a proxy for `port` that adds `round_trip` seconds; `port` itself for 0."""
    if not round_trip:
        yield port
        return
    with serving("delay", port, round_trip * 1000) as proxy:
        yield proxy


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve(int(sys.argv[1]), float(sys.argv[2]) / 2000))
