from daytona import DaytonaConnectionError, DaytonaTimeoutError

from clients import settled, to_both_clients


@to_both_clients
class Interpreter:
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.interpreter = self.sandbox.code_interpreter
        self.context = await settled(self.interpreter.create_context(cwd="/tmp"))

    async def asyncTearDown(self):
        await settled(self.interpreter.delete_context(self.context))
        await super().asyncTearDown()

    async def run_code(self, code, **more):
        return await settled(self.interpreter.run_code(code, context=self.context, **more))

    async def test_output_is_told_as_it_comes_and_kept(self):
        received = []
        code = 'import sys\nprint("one")\nprint("two", file=sys.stderr)'
        result = await self.run_code(
            code,
            on_stdout=lambda it: received.append(("out", it.output)),
            on_stderr=lambda it: received.append(("err", it.output)),
        )
        self.assertEqual((result.stdout, result.stderr, result.error), ("one\n", "two\n", None))
        self.assertEqual(received, [("out", "one\n"), ("err", "two\n")])

    async def test_variables_stay_in_their_context(self):
        await self.run_code("x = 41")
        self.assertEqual((await self.run_code("print(x + 1)")).stdout, "42\n")
        elsewhere = await settled(self.interpreter.run_code('print("x" in dir())'))
        self.assertEqual(elsewhere.stdout, "False\n")

    async def test_contexts_have_a_folder_and_are_listed(self):
        self.assertEqual((self.context.cwd, self.context.language), ("/tmp", "python"))
        self.assertEqual((await self.run_code("import os; print(os.getcwd())")).stdout, "/tmp\n")
        listed = await settled(self.interpreter.list_contexts())
        self.assertIn(self.context.id, [it.id for it in listed])

    async def test_variables_of_the_environment_last_for_one_run(self):
        code = 'import os; print(os.environ.get("ONLY_HERE"))'
        self.assertEqual((await self.run_code(code, envs={"ONLY_HERE": "yes"})).stdout, "yes\n")
        self.assertEqual((await self.run_code(code)).stdout, "None\n")

    async def test_an_exception_is_told_and_no_failure_of_the_call(self):
        received = []
        result = await self.run_code('raise ValueError("no")', on_error=lambda it: received.append(it.name))
        self.assertEqual((result.error.name, result.error.value, received), ("ValueError", "no", ["ValueError"]))
        self.assertIn('File "<stdin>", line 1', result.error.traceback)

    async def test_a_timeout_is_a_timeout_and_variables_survive_it(self):
        await self.run_code("kept = 7")
        await self.refused(DaytonaTimeoutError, self.run_code, "import time; time.sleep(30)", timeout=1)
        self.assertEqual((await self.run_code("print(kept)")).stdout, "7\n")

    async def test_a_death_of_the_process_is_an_error_and_the_next_run_begins_afresh(self):
        await self.refused(DaytonaConnectionError, self.run_code, "import os; os._exit(3)")
        self.assertEqual((await self.run_code('print("afresh")')).stdout, "afresh\n")

    async def test_a_large_print_arrives_whole(self):
        self.assertEqual(len((await self.run_code('print("x" * 5_000_000)')).stdout), 5_000_001)
