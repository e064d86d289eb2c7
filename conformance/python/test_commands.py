from daytona import CodeRunParams, DaytonaBadRequestError, DaytonaTimeoutError

from clients import settled, to_both_clients


@to_both_clients
class Commands:
    async def test_a_command_has_its_folder_variables_output_and_exit_code(self):
        command = 'echo "$GREETING from $(pwd)"; echo oops >&2; exit 3'
        answer = await settled(self.sandbox.process.exec(command, cwd="/tmp", env={"GREETING": "hello"}))
        self.assertEqual((answer.exit_code, answer.result), (3, "hello from /tmp\noops\n"))
        self.assertEqual(answer.artifacts.stdout, answer.result)

    async def test_a_background_process_does_not_hold_a_command_up(self):
        answer = await settled(self.sandbox.process.exec("sleep 60 & echo at once", timeout=30))
        self.assertEqual(answer.result, "at once\n")

    async def test_a_command_that_takes_too_long_is_a_timeout(self):
        await self.refused(DaytonaTimeoutError, self.sandbox.process.exec, "sleep 30", timeout=1)

    async def test_a_wrong_variable_name_is_refused_with_its_reason(self):
        message = await self.refused(DaytonaBadRequestError, self.sandbox.process.exec, "true", env={"1A": "x"})
        self.assertIn("invalid environment variable name: '1A'", message)

    async def test_code_gets_its_arguments_and_variables_exactly(self):
        code = 'import os, sys\nprint(6 * 7, sys.argv[1:], os.environ["A"])'
        params = CodeRunParams(argv=["a b", "$HOME"], env={"A": "b"})
        answer = await settled(self.sandbox.process.code_run(code, params))
        self.assertEqual((answer.exit_code, answer.result), (0, "42 ['a b', '$HOME'] b\n"))
        self.assertEqual(answer.artifacts.charts, [])

    async def test_an_exception_is_an_exit_code_with_its_traceback(self):
        answer = await settled(self.sandbox.process.code_run('raise ValueError("x")'))
        self.assertEqual(answer.exit_code, 1)
        self.assertRegex(answer.result, r"Traceback \(most recent call last\):\n(.*\n)*ValueError: x\n")

    async def test_code_that_takes_too_long_is_a_timeout(self):
        # The SDK has no class of its own for the errors of code_run: it hands on what its generated client raises.
        message = await self.refused(
            Exception, self.sandbox.process.code_run, "import time; time.sleep(30)", timeout=1
        )
        self.assertIn("PROCESS_EXECUTION_TIMEOUT", message)
