import uuid

from daytona import DaytonaConflictError, DaytonaError, DaytonaNotFoundError, SessionExecuteRequest

from clients import settled, to_both_clients


@to_both_clients
class Sessions:
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.process = self.sandbox.process
        self.session = f"s-{uuid.uuid4()}"
        await settled(self.process.create_session(self.session))

    async def asyncTearDown(self):
        await settled(self.process.delete_session(self.session))
        await super().asyncTearDown()

    async def run_command(self, command, **more):
        request = SessionExecuteRequest(command=command, **more)
        return await settled(self.process.execute_session_command(self.session, request))

    async def follow(self, command_id, on_stdout=None):
        """What the callbacks receive from a command until its end."""
        received = {"stdout": "", "stderr": ""}

        async def stdout(text):
            received["stdout"] += text
            if on_stdout:
                await on_stdout(received["stdout"])

        def stderr(text):
            received["stderr"] += text

        await self.process.get_session_command_logs_async(self.session, command_id, stdout, stderr)
        return received["stdout"], received["stderr"]

    async def test_state_stays_and_streams_are_told_apart(self):
        await self.run_command("cd /tmp && export V=1")
        answer = await self.run_command('echo "$PWD $V"; echo oops >&2; (exit 7)')
        self.assertEqual((answer.exit_code, answer.stdout, answer.stderr), (7, "/tmp 1\n", "oops\n"))

    async def test_a_prompt_is_streamed_answered_and_kept(self):
        command = 'printf "Name? "; read name; echo "hi $name"; echo done >&2; (exit 4)'
        started = await self.run_command(command, run_async=True)
        self.assertIsNone(started.exit_code)
        answered = []

        async def answer(text):
            # The prompt has no newline: it must arrive all the same, or nobody would ever answer.
            if text.endswith("Name? ") and not answered:
                answered.append(True)
                await settled(self.process.send_session_command_input(self.session, started.cmd_id, "bob"))

        self.assertEqual(await self.follow(started.cmd_id, answer), ("Name? bob\nhi bob\n", "done\n"))
        ended = await settled(self.process.get_session_command(self.session, started.cmd_id))
        self.assertEqual(ended.exit_code, 4)
        logs = await settled(self.process.get_session_command_logs(self.session, started.cmd_id))
        self.assertEqual((logs.stdout, logs.stderr), ("Name? bob\nhi bob\n", "done\n"))

    async def test_the_demultiplexer_gives_exactly_what_was_printed(self):
        command = "seq 1 60000; printf 'a\\342'; sleep 0.05; printf '\\202\\254b'; seq 1 30000 >&2"
        started = await self.run_command(command, run_async=True)
        stdout, stderr = await self.follow(started.cmd_id)
        self.assertEqual(stdout, "".join(f"{i}\n" for i in range(1, 60001)) + "a€b")
        self.assertEqual(stderr, "".join(f"{i}\n" for i in range(1, 30001)))

    async def test_sessions_and_commands_are_listed(self):
        first = await self.run_command("true")
        second = await self.run_command("(exit 2)")
        session = await settled(self.process.get_session(self.session))
        self.assertEqual(
            [(it.id, it.exit_code) for it in session.commands], [(first.cmd_id, 0), (second.cmd_id, 2)]
        )
        listed = await settled(self.process.list_sessions())
        self.assertIn(self.session, [it.session_id for it in listed])

    async def test_what_is_not_there_or_twice_there_is_an_error_of_its_class(self):
        await self.refused(DaytonaConflictError, self.process.create_session, self.session)
        await self.refused(DaytonaNotFoundError, self.process.get_session, "none")
        await self.refused(DaytonaNotFoundError, self.process.get_session_command, self.session, "none")
        await self.refused(DaytonaNotFoundError, self.process.get_session_command_logs, self.session, "none")
        ended = await self.run_command("true")
        message = await self.refused(
            DaytonaError, self.process.send_session_command_input, self.session, ended.cmd_id, "late"
        )
        self.assertIn("already completed with exit code 0", message)

    async def test_the_entrypoint_session_has_logs(self):
        entrypoint = await settled(self.process.get_entrypoint_session())
        self.assertEqual(entrypoint.session_id, "entrypoint")
        self.assertIsInstance((await settled(self.process.get_entrypoint_logs())).stdout, str)
