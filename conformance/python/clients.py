"""Both official clients, so that one set of promises is kept to each of them."""

import asyncio
import inspect
import sys
import time
import unittest

from daytona import AsyncDaytona, Daytona


async def settled(value):
    """What a call comes to: the synchronous client returns it, the asynchronous one a promise of it."""
    return await value if inspect.isawaitable(value) else value


async def collected(items):
    """All items of an iterator or of an asynchronous one."""
    items = await settled(items)
    return [item async for item in items] if hasattr(items, "__aiter__") else list(items)


async def eventually(what, check, seconds=20):
    """Wait until a check holds."""
    deadline = time.monotonic() + seconds
    while not await settled(check()):
        if time.monotonic() > deadline:
            raise AssertionError(f"did not happen within {seconds} s: {what}")
        await asyncio.sleep(0.01)


class _Client(unittest.IsolatedAsyncioTestCase):
    """A sandbox for the promises of a class, and the client through which they are checked."""

    make_client: type

    @classmethod
    def setUpClass(cls):
        cls.maker = Daytona()
        cls.sandbox_id = cls.maker.create().id

    @classmethod
    def tearDownClass(cls):
        cls.maker.delete(cls.maker.get(cls.sandbox_id))

    async def asyncSetUp(self):
        self.daytona = self.make_client()
        self.sandbox = await settled(self.daytona.get(self.sandbox_id))

    async def asyncTearDown(self):
        if isinstance(self.daytona, AsyncDaytona):
            await self.daytona.close()

    async def refused(self, kind, call, *arguments, **named):
        """The error with which a call is refused, of the class that clients catch."""
        with self.assertRaises(kind) as raised:
            await settled(call(*arguments, **named))
        return str(raised.exception)


def to_both_clients(promises):
    """Make a test case for each client from a class of promises."""
    module = sys.modules[promises.__module__]
    for client in (Daytona, AsyncDaytona):
        name = f"{client.__name__}{promises.__name__}"
        setattr(module, name, type(name, (promises, _Client), {"make_client": client, "__module__": module.__name__}))
    return promises
