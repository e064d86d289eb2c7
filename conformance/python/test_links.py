import urllib.error
import urllib.request
import uuid

from clients import settled, to_both_clients


def fetch(url, body=None, headers=None):
    """Follow a link as somebody who has nothing but the link."""
    with urllib.request.urlopen(urllib.request.Request(url, data=body, headers=headers or {})) as response:
        return response.read()


@to_both_clients
class Links:
    async def test_previews_have_an_address_and_a_token(self):
        link = await settled(self.sandbox.get_preview_link(3000))
        self.assertRegex(link.url, "^http")
        self.assertTrue(link.token)
        signed = await settled(self.sandbox.create_signed_preview_url(3000, expires_in_seconds=60))
        self.assertRegex(signed.url, "^http")
        await settled(self.sandbox.expire_signed_preview_url(3000, signed.token))

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
