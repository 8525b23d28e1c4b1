"""A relay that loses packets as a bad line does. Chromium can slow a page's line down but loses
packets of calls only, so the loss stands between it and the product.

One packet of 1,400 bytes in a hundred, either way, is lost: it and what follows it on its
connection arrive one repetition later, as TCP delivers in order. Which ones follows from a seed.
"""

import asyncio
import contextlib
import random
import threading
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

PACKET_BYTES: Final = 1400
LOST: Final = 0.01
#: A lost packet is missed and sent again after about two round trips of 150 ms.
REPEATED_AFTER: Final = 0.3


class Line:
    """The relay; `lost` and `packets` count what went through it."""

    def __init__(self, target: str, seed: int) -> None:
        parts = urlsplit(target)
        self._host, self._port = str(parts.hostname), int(parts.port or 80)
        self._dice = random.Random(seed)
        self.packets = self.lost = 0

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of the browser, both ways, until either side ends it."""
        there, back = await asyncio.open_connection(self._host, self._port)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(reader, back))
                both.create_task(self._pump(there, writer))
        except* ConnectionError:
            pass

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            while packet := await reader.read(PACKET_BYTES):
                self.packets += 1
                if self._dice.random() < LOST:
                    self.lost += 1
                    await asyncio.sleep(REPEATED_AFTER)
                writer.write(packet)
                await writer.drain()


@contextlib.contextmanager
def lossy(target: str, seed: int) -> Iterator[tuple[str, Line]]:
    """An address before `target` (`http://host:port`) that loses packets, and its counts."""
    line, loop = Line(target, seed), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    started = asyncio.run_coroutine_threadsafe(
        asyncio.start_server(line.carry, "127.0.0.1", 0), loop
    )
    port = started.result(5).sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}", line
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
