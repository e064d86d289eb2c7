import os
import pathlib

from daytona import DaytonaError
from daytona.common.lsp_server import LspCompletionPosition

from clients import settled, to_both_clients

TEXT = b"class Alpha:\n    def beta(self):\n        pass\nAlpha().be\n"


@to_both_clients
class LanguageServers:
    async def test_documents_are_completed_and_described(self):
        fs = self.sandbox.fs
        await settled(fs.create_folder("project", "755"))
        await settled(fs.upload_file(TEXT, "project/main.py"))
        file = f"{await settled(self.sandbox.get_work_dir())}/project/main.py"
        lsp = self.sandbox.create_lsp_server("python", "project")
        try:
            await settled(lsp.start())
        except DaytonaError as error:
            # Where it is missing, the error says how to install it.
            self.assertRegex(str(error), "pylsp is not installed .*: .*install")
            await settled(fs.create_folder(".local/bin", "755"))
            program = pathlib.Path(os.environ["LSP_PROGRAM"]).read_bytes()
            await settled(fs.upload_file(program, ".local/bin/pylsp"))
            await settled(fs.set_file_permissions(".local/bin/pylsp", mode="755"))
            await settled(lsp.start())
        await settled(lsp.did_open(file))
        names = {symbol.name for symbol in await settled(lsp.document_symbols(file))}
        self.assertLessEqual({"Alpha", "beta"}, names)
        position = LspCompletionPosition(line=3, character=10)
        found = await settled(lsp.completions(file, position))
        self.assertTrue(any(item.label.startswith("beta") for item in found.items))
        await settled(lsp.did_close(file))
        await settled(lsp.stop())
