"""Python's `websockets`, flooded: see main.rs. One argument, the microseconds that a message takes."""

import asyncio
import sys
import threading
import time

import websockets

SLOT = int(sys.argv[1]) / 1e6


async def receive(socket):
    async for _ in socket:
        if SLOT:
            end = time.perf_counter() + SLOT
            while time.perf_counter() < end:
                pass


def answer_requests():
    for _ in sys.stdin:
        print(flush=True)


async def main():
    async with websockets.serve(receive, "127.0.0.1", 0, compression=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        threading.Thread(target=answer_requests, daemon=True).start()
        await asyncio.Future()


asyncio.run(main())
