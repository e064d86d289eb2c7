import uuid

from daytona import AsyncDaytona, DaytonaConflictError, DaytonaError, DaytonaNotFoundError
from daytona.common.pty import PtySize

from clients import eventually, settled, to_both_clients


@to_both_clients
class Terminals:
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.process = self.sandbox.process
        self.id = f"p-{uuid.uuid4()}"
        self.shown = b""

    def show(self, data):
        self.shown += data

    async def open(self, **more):
        """The asynchronous client hands output to a callback, the synchronous one while it waits."""
        given = {"on_data": self.show} if isinstance(self.daytona, AsyncDaytona) else {}
        handle = await settled(self.process.create_pty_session(id=self.id, **given, **more))
        self.addAsyncCleanup(self.close, handle)
        return handle

    async def connect(self):
        if isinstance(self.daytona, AsyncDaytona):
            handle = await self.process.connect_pty_session(self.id, self.show)
        else:
            handle = self.process.connect_pty_session(self.id)
        self.addAsyncCleanup(self.close, handle)
        return handle

    async def close(self, handle):
        await settled(handle.disconnect())

    async def ended(self, handle):
        given = {} if isinstance(self.daytona, AsyncDaytona) else {"on_data": self.show}
        return await settled(handle.wait(**given))

    async def test_size_folder_and_variables_are_as_asked(self):
        handle = await self.open(cwd="/tmp", envs={"FOO": "b a r"}, pty_size=PtySize(cols=100, rows=30))
        await settled(handle.send_input('stty size; echo "[$FOO] $PWD"; exit 0\n'))
        result = await self.ended(handle)
        self.assertEqual((result.exit_code, result.error), (0, None))
        self.assertIn(b"30 100", self.shown)
        self.assertIn(b"[b a r] /tmp", self.shown)

    async def test_a_terminal_is_described_listed_and_resized(self):
        handle = await self.open()
        info = await settled(self.process.get_pty_session_info(self.id))
        self.assertEqual((info.id, info.cols, info.rows, info.active), (self.id, 80, 24, True))
        self.assertIn(self.id, [it.id for it in await settled(self.process.list_pty_sessions())])
        resized = await settled(handle.resize(PtySize(cols=120, rows=40)))
        self.assertEqual((resized.cols, resized.rows), (120, 40))
        await settled(self.process.resize_pty_session(self.id, PtySize(cols=90, rows=20)))
        await settled(handle.send_input("stty size; exit\n"))
        await self.ended(handle)
        self.assertIn(b"20 90", self.shown)

    async def test_the_exit_code_is_told_after_all_output(self):
        handle = await self.open()
        await settled(handle.send_input("exec sh -c 'head -c 20000 /dev/zero | tr \"\\\\0\" q; exit 7'\n"))
        result = await self.ended(handle)
        self.assertEqual((result.exit_code, result.error), (7, "non-zero exit"))
        self.assertIn(b"q" * 20_000, self.shown)

    async def test_a_second_client_sees_and_ends_the_terminal(self):
        first = await self.open()
        second = await self.connect()
        await settled(second.send_input("echo from the sec''ond; exit 4\n"))
        self.assertEqual((await self.ended(first)).exit_code, 4)
        self.assertEqual((await self.ended(second)).exit_code, 4)
        self.assertIn(b"from the second", self.shown)

    async def test_a_killed_terminal_says_so(self):
        handle = await self.open()
        await settled(handle.kill())
        result = await self.ended(handle)
        self.assertEqual((result.exit_code, result.error), (137, "SIGKILL"))

        async def is_gone():
            try:
                await settled(self.process.get_pty_session_info(self.id))
            except DaytonaNotFoundError:
                return True
            return False

        await eventually("it is gone", is_gone)

    async def test_what_is_not_there_or_twice_there_is_an_error(self):
        await self.open()
        await self.refused(DaytonaConflictError, self.open)
        await self.refused(DaytonaNotFoundError, self.process.get_pty_session_info, "none")
        await self.refused(DaytonaNotFoundError, self.process.kill_pty_session, "none")
        await self.refused(DaytonaError, self.process.resize_pty_session, "none", PtySize(cols=80, rows=24))
