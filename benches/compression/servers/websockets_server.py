"""Python's `websockets`: see ../servers.rs. Its memory level is its own, 5."""

import asyncio
import logging
import sys
import threading
import time

import websockets
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory


async def echo(socket):
    async for message in socket:
        await socket.send(message)


def answer_requests():
    for _ in sys.stdin:
        print(time.process_time_ns(), flush=True)


async def main():
    # Connections end without a close frame here.
    logging.getLogger("websockets").setLevel(logging.CRITICAL + 1)
    deflate = ServerPerMessageDeflateFactory(
        server_max_window_bits=12,
        client_max_window_bits=12,
        compress_settings={"level": 6, "memLevel": 5},
    )
    options = {"compression": None, "extensions": [deflate], "ping_interval": None}
    async with websockets.serve(echo, "127.0.0.1", 0, **options) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        threading.Thread(target=answer_requests, daemon=True).start()
        await asyncio.Future()


asyncio.run(main())
