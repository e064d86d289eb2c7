import urllib.error
import urllib.request
import uuid

from daytona import SessionExecuteRequest

from clients import eventually, settled, to_both_clients


def fetch(url, body=None, headers=None):
    """Follow a link as somebody who has nothing but the link."""
    with urllib.request.urlopen(urllib.request.Request(url, data=body, headers=headers or {})) as response:
        return response.read()


def status_of(url, headers=None):
    """The status of the response, of an error too."""
    try:
        fetch(url, headers=headers)
        return 200
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


@to_both_clients
class Links:
    async def test_previews_are_opened_by_the_links_that_they_have(self):
        port = 3000 if "Async" in type(self).__name__ else 3001
        await settled(self.sandbox.fs.upload_file(b"of the sandbox", "site/page.txt"))
        await settled(self.sandbox.process.create_session(f"web-{port}"))
        server = SessionExecuteRequest(command=f"python3 -m http.server {port} --directory site", run_async=True)
        await settled(self.sandbox.process.execute_session_command(f"web-{port}", server))
        link = await settled(self.sandbox.get_preview_link(port))
        headers = {"X-Daytona-Preview-Token": link.token}
        await eventually("the server listens", lambda: status_of(link.url, headers) == 200)
        self.assertEqual(fetch(f"{link.url}/page.txt", headers=headers), b"of the sandbox")
        self.assertEqual(status_of(f"{link.url}/page.txt"), 401)
        signed = await settled(self.sandbox.create_signed_preview_url(port, expires_in_seconds=60))
        self.assertEqual(fetch(f"{signed.url}/page.txt"), b"of the sandbox")
        self.assertIn(b"page.txt", fetch(signed.url))
        await settled(self.sandbox.expire_signed_preview_url(port, signed.token))
        self.assertEqual(status_of(f"{signed.url}/page.txt"), 401)

    async def test_files_go_up_and_down_by_links_until_the_key_is_changed(self):
        boundary = uuid.uuid4().hex
        body = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="linked.txt"\r\n\r\n'
            f"by link\r\n--{boundary}--\r\n"
        )
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        fetch(await settled(self.sandbox.upload_url("linked.txt")), body.encode(), headers)
        link = await settled(self.sandbox.download_url("linked.txt"))
        self.assertEqual(fetch(link), b"by link")
        await settled(self.sandbox.rotate_signing_key())
        with self.assertRaises(urllib.error.HTTPError) as refused:
            fetch(link)
        self.assertEqual(refused.exception.code, 401)
        refused.exception.close()

    async def test_variables_are_set_and_unset_while_the_sandbox_runs(self):
        await settled(self.sandbox.update_env({"FROM_SDK": "yes"}))
        self.assertEqual((await settled(self.sandbox.process.exec('echo "$FROM_SDK"'))).result, "yes\n")
        await settled(self.sandbox.update_env({}, unset=["FROM_SDK"]))
        self.assertEqual((await settled(self.sandbox.process.exec('echo "$FROM_SDK"'))).result, "\n")

    async def test_measures_are_told(self):
        metrics = await settled(self.sandbox.get_metrics_latest())
        self.assertGreater(metrics.cpu_count, 0)
        self.assertGreater(metrics.mem_total, 0)
