from daytona import DaytonaError, DaytonaNotFoundError

from clients import settled, to_both_clients


@to_both_clients
class Git:
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.folder = f"git-{type(self).__name__}"
        self.origin = f"{await settled(self.sandbox.get_user_home_dir())}/{self.folder}/origin.git"
        self.work = f"{self.folder}/work"
        await self.shell(
            f"rm -rf {self.folder} && git init -q --bare -b main {self.origin} && cd {self.folder} &&"
            " git init -q -b main seed && cd seed && echo one > a.txt && git add . &&"
            f" git -c user.name=A -c user.email=a@b commit -qm first && git push -q {self.origin} main"
        )

    async def shell(self, command):
        answer = await settled(self.sandbox.process.exec(command))
        self.assertEqual(answer.exit_code, 0, answer.result)
        return answer.result.strip()

    async def test_a_repository_is_cloned_changed_committed_and_pushed(self):
        git = self.sandbox.git
        await settled(git.clone(self.origin, self.work))
        await settled(self.sandbox.fs.upload_file(b"two\n", f"{self.work}/b.txt"))
        status = await settled(git.status(self.work))
        self.assertEqual((status.current_branch, [it.name for it in status.file_status]), ("main", ["b.txt"]))
        await settled(git.create_branch(self.work, "feature"))
        self.assertEqual(sorted((await settled(git.branches(self.work))).branches), ["feature", "main"])
        await settled(git.checkout_branch(self.work, "main"))
        await settled(git.delete_branch(self.work, "feature"))
        await settled(git.add(self.work, ["b.txt"]))
        committed = await settled(git.commit(self.work, "second", "Ada", "ada@example.org"))
        await settled(git.push(self.work))
        self.assertEqual(await self.shell(f"git -C {self.origin} rev-parse main"), committed.sha)
        await settled(git.pull(self.work))

    async def test_mistakes_are_errors_with_a_sentence(self):
        await self.refused(DaytonaNotFoundError, self.sandbox.git.status, "nowhere")
        message = await self.refused(DaytonaError, self.sandbox.git.clone, f"{self.origin}-missing", f"{self.work}-2")
        self.assertRegex(message, r"\w+ \w+")
