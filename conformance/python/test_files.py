import pathlib
import tempfile

from daytona import (
    DaytonaConflictError,
    DaytonaError,
    DaytonaNotFoundError,
    FileDownloadRequest,
    FileUpload,
)

from clients import collected, settled, to_both_clients

EVERY_BYTE = bytes((i * 7) % 256 for i in range(100_000))


@to_both_clients
class Files:
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.fs = self.sandbox.fs
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.local = pathlib.Path(folder.name)

    async def test_every_byte_goes_up_and_down_under_any_name(self):
        absolute = f"{await settled(self.sandbox.get_user_home_dir())}/absolute"
        for name in ["up/plain.bin", 'up/a "quoted" name', "up/ünï 漢字 🎉.bin", absolute]:
            await settled(self.fs.upload_file(EVERY_BYTE, name))
            self.assertEqual(await settled(self.fs.download_file(name)), EVERY_BYTE)

    async def test_local_files_go_up_and_down(self):
        (self.local / "file").write_bytes(EVERY_BYTE)
        await settled(self.fs.upload_file(str(self.local / "file"), "from-local"))
        await settled(self.fs.download_file("from-local", str(self.local / "back")))
        self.assertEqual((self.local / "back").read_bytes(), EVERY_BYTE)

    async def test_several_files_go_in_one_request_and_a_missing_one_is_named(self):
        (self.local / "two").write_bytes(b"two")
        files = [FileUpload(b"one", "many/1"), FileUpload(str(self.local / "two"), "many/2")]
        await settled(self.fs.upload_files(files))
        sources = ["many/1", "many/none", "many/2"]
        one, none, two = await settled(self.fs.download_files([FileDownloadRequest(it) for it in sources]))
        self.assertEqual((one.result, two.result), (b"one", b"two"))
        self.assertIn("file not found: many/none", none.error)
        self.assertEqual(none.error_details.status_code, 404)

    async def test_streams_go_up_and_down_with_progress(self):
        large = b"".join(bytes([i]) * 262_144 for i in range(16))
        sent, received = [], []
        (self.local / "large").write_bytes(large)
        with (self.local / "large").open("rb") as source:
            await settled(self.fs.upload_file_stream(source, "large", on_progress=lambda it: sent.append(it.bytes_sent)))
        self.assertEqual(sent[-1], len(large))
        stream = self.fs.download_file_stream(
            "large", on_progress=lambda it: received.append((it.bytes_received, it.total_bytes))
        )
        self.assertEqual(b"".join(await collected(stream)), large)
        self.assertEqual(received[-1], (len(large), len(large)))

    async def test_folders_are_made_listed_searched_changed_and_deleted(self):
        await settled(self.fs.create_folder("tree/inner", "750"))
        await settled(self.fs.upload_file(b"first\nneedle\n", "tree/b.txt"))
        listed = await settled(self.fs.list_files("tree"))
        self.assertEqual([(it.name, it.is_dir) for it in listed], [("b.txt", False), ("inner", True)])
        deep = await settled(self.fs.list_files(".", depth=2))
        self.assertIn("b.txt", [it.name for it in deep])
        info = await settled(self.fs.get_file_info("tree/inner"))
        self.assertEqual((info.name, info.is_dir, info.permissions), ("inner", True, "0750"))
        (match,) = await settled(self.fs.find_files("tree", "needle"))
        self.assertEqual((match.file, match.line, match.content), ("tree/b.txt", 2, "needle"))
        self.assertEqual((await settled(self.fs.search_files("tree", "*.txt"))).files, ["tree/b.txt"])
        done, missing = await settled(self.fs.replace_in_files(["tree/b.txt", "tree/none"], "needle", "thread"))
        self.assertEqual((done.success, missing.success), (True, False))
        self.assertEqual(await settled(self.fs.download_file("tree/b.txt")), b"first\nthread\n")
        await settled(self.fs.set_file_permissions("tree/b.txt", mode="600"))
        self.assertEqual((await settled(self.fs.get_file_info("tree/b.txt"))).permissions, "0600")
        await settled(self.fs.move_files("tree/b.txt", "tree/moved.txt"))
        await self.refused(DaytonaConflictError, self.fs.move_files, "tree/moved.txt", "tree/inner")
        await settled(self.fs.delete_file("tree/moved.txt"))
        await self.refused(DaytonaError, self.fs.delete_file, "tree")
        await settled(self.fs.delete_file("tree", recursive=True))
        await self.refused(DaytonaNotFoundError, self.fs.list_files, "tree")

    async def test_what_is_not_there_is_an_error_of_its_class(self):
        await self.refused(DaytonaNotFoundError, self.fs.download_file, "none")
        await self.refused(DaytonaNotFoundError, self.fs.get_file_info, "none")
