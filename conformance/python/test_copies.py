import uuid

from daytona import CreateSandboxFromSnapshotParams, DaytonaError, DaytonaNotFoundError, Resources

from clients import settled, to_both_clients


@to_both_clients
class Copies:
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.made = []
        await settled(self.sandbox.fs.upload_file(b"kept", "file"))

    async def asyncTearDown(self):
        for sandbox in self.made:
            await settled(self.daytona.delete(sandbox))
        await super().asyncTearDown()

    async def test_a_fork_has_the_files(self):
        fork = await settled(self.sandbox.fork(name=f"fork-{uuid.uuid4()}"))
        self.made.append(fork)
        self.assertEqual(fork.state.value, "started")
        self.assertEqual(await settled(fork.fs.download_file("file")), b"kept")

    async def test_a_sandbox_of_a_snapshot_has_the_files(self):
        name = f"snapshot-{uuid.uuid4()}"
        await settled(self.sandbox.create_snapshot(name))
        sandbox = await settled(self.daytona.create(CreateSandboxFromSnapshotParams(snapshot=name)))
        self.made.append(sandbox)
        self.assertEqual(await settled(sandbox.fs.download_file("file")), b"kept")
        snapshot = await settled(self.daytona.snapshot.get(name))
        self.assertEqual(snapshot.state, "active")
        listed = await settled(self.daytona.snapshot.list())
        self.assertIn(name, [it.name for it in listed.items])
        await settled(self.daytona.snapshot.delete(snapshot))
        await self.refused(DaytonaNotFoundError, self.daytona.snapshot.get, name)

    async def test_resources_network_and_time_to_live_are_changed(self):
        cpu, memory = self.sandbox.cpu + 1, self.sandbox.memory + 1
        await settled(self.sandbox.resize(Resources(cpu=cpu, memory=memory)))
        await settled(self.sandbox.refresh_data())
        self.assertEqual((self.sandbox.cpu, self.sandbox.memory), (cpu, memory))
        for blocked in (True, False):
            await settled(self.sandbox.update_network_settings(network_block_all=blocked))
            self.assertEqual(self.sandbox.network_block_all, blocked)
        await settled(self.sandbox.set_ttl(60))
        await settled(self.sandbox.refresh_data())
        self.assertIsNotNone(self.sandbox.auto_destroy_at)
        await settled(self.sandbox.set_ttl(0))

    async def test_what_is_not_there_is_an_empty_list_or_a_sentence(self):
        self.assertIsInstance(await settled(self.daytona.volume.list()), list)
        for call in (self.sandbox.archive, self.sandbox.pause, self.sandbox.recover):
            message = await self.refused(DaytonaError, call)
            self.assertRegex(message, r"\w+ \w+")
            self.assertNotIn("404", message)
