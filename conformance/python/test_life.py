import uuid

from daytona import (
    CreateSandboxFromSnapshotParams,
    Daytona,
    DaytonaAuthenticationError,
    DaytonaConfig,
    DaytonaConflictError,
    DaytonaNotFoundError,
    ListSandboxesQuery,
    SandboxState,
)

from clients import collected, settled, to_both_clients


@to_both_clients
class Life:
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.purpose = str(uuid.uuid4())
        self.made = []

    async def asyncTearDown(self):
        for sandbox in self.made:
            await settled(self.daytona.delete(sandbox))
        await super().asyncTearDown()

    async def create(self, **more):
        labels = {"purpose": self.purpose, **more.pop("labels", {})}
        sandbox = await settled(self.daytona.create(CreateSandboxFromSnapshotParams(labels=labels, **more)))
        self.made.append(sandbox)
        return sandbox

    async def listed(self, **query):
        labels = {"purpose": self.purpose, **query.pop("labels", {})}
        return sorted(it.id for it in await collected(self.daytona.list(ListSandboxesQuery(labels=labels, **query))))

    async def test_a_sandbox_is_made_as_asked(self):
        sandbox = await self.create(
            name=f"life-{self.purpose}",
            language="javascript",
            env_vars={"FROM_CREATE": "yes"},
            auto_stop_interval=30,
            auto_archive_interval=600,
            auto_delete_interval=120,
        )
        self.assertEqual((sandbox.name, sandbox.state.value), (f"life-{self.purpose}", "started"))
        self.assertEqual(
            (sandbox.auto_stop_interval, sandbox.auto_archive_interval, sandbox.auto_delete_interval), (30, 600, 120)
        )
        answer = await settled(sandbox.process.code_run("console.log(process.env.FROM_CREATE)"))
        self.assertEqual(answer.result, "yes\n")
        self.assertRegex(await settled(sandbox.get_user_home_dir()), "^/")
        self.assertRegex(await settled(sandbox.get_work_dir()), "^/")
        params = CreateSandboxFromSnapshotParams(name=sandbox.name)
        await self.refused(DaytonaConflictError, self.daytona.create, params)

    async def test_sandboxes_are_found_by_name_and_listed_in_pages(self):
        one, two = await self.create(), await self.create(labels={"other": "label"})
        both = sorted([one.id, two.id])
        self.assertEqual(await self.listed(), both)
        self.assertEqual(await self.listed(limit=1), both)
        self.assertEqual(await self.listed(labels={"other": "label"}), [two.id])
        self.assertEqual((await settled(self.daytona.get(one.name))).id, one.id)

    async def test_labels_and_intervals_are_changed(self):
        sandbox = await self.create()
        await settled(sandbox.set_labels({"purpose": self.purpose, "replaced": "all"}))
        await settled(sandbox.set_autostop_interval(45))
        await settled(sandbox.set_auto_archive_interval(700))
        await settled(sandbox.set_auto_delete_interval(-1))
        await settled(sandbox.refresh_activity())
        await settled(sandbox.refresh_data())
        self.assertEqual(sandbox.labels, {"purpose": self.purpose, "replaced": "all"})
        self.assertEqual(
            (sandbox.auto_stop_interval, sandbox.auto_archive_interval, sandbox.auto_delete_interval), (45, 700, -1)
        )

    async def test_a_sandbox_stops_and_starts_with_its_files(self):
        sandbox = await self.create()
        await settled(sandbox.fs.upload_file(b"kept", "file"))
        await settled(sandbox.stop())
        self.assertEqual(sandbox.state.value, "stopped")
        self.assertEqual(await self.listed(states=[SandboxState.STOPPED]), [sandbox.id])
        await settled(sandbox.start())
        self.assertEqual(sandbox.state.value, "started")
        self.assertEqual(await settled(sandbox.fs.download_file("file")), b"kept")

    async def test_an_archived_sandbox_starts_with_its_files(self):
        sandbox = await self.create()
        await settled(sandbox.fs.upload_file(b"kept", "file"))
        await settled(sandbox.stop())
        await settled(sandbox.archive())
        await settled(sandbox.refresh_data())
        self.assertRegex(sandbox.state.value, "^archiv")
        await settled(sandbox.start())
        self.assertEqual(await settled(sandbox.fs.download_file("file")), b"kept")

    async def test_a_deleted_sandbox_is_gone(self):
        sandbox = await self.create()
        self.made.remove(sandbox)
        await settled(sandbox.delete())
        await self.refused(DaytonaNotFoundError, self.daytona.get, sandbox.id)

    async def test_a_wrong_key_is_refused(self):
        stranger = Daytona(DaytonaConfig(api_key="no"))
        await self.refused(DaytonaAuthenticationError, stranger.get, self.sandbox_id)
