/** Links into a sandbox, its environment and its measures through an official SDK. `SDK` names the package. */
import assert from 'node:assert/strict'

const { Daytona } = await import(process.env.SDK)
const daytona = new Daytona()
const sandbox = await daytona.create()

try {
  await sandbox.fs.uploadFile(Buffer.from('of the sandbox'), 'site/page.txt')
  await sandbox.process.createSession('web')
  await sandbox.process.executeSessionCommand('web', {
    command: 'python3 -m http.server 3000 --directory site',
    runAsync: true,
  })
  const link = await sandbox.getPreviewLink(3000)
  assert.ok(link.token)
  const headers = { 'x-daytona-preview-token': link.token }
  // The server needs a moment to listen.
  while ((await fetch(link.url, { headers })).status === 502) await sandbox.process.executeCommand('true')
  const textOf = async (url, options) => await (await fetch(url, options)).text()
  assert.equal(await textOf(`${link.url}/page.txt`, { headers }), 'of the sandbox')
  assert.equal((await fetch(`${link.url}/page.txt`)).status, 401)
  const signed = await sandbox.getSignedPreviewUrl(3000, 60)
  assert.equal(await textOf(`${signed.url}/page.txt`), 'of the sandbox')
  assert.match(await textOf(signed.url), /page\.txt/)
  await sandbox.expireSignedPreviewUrl(3000, signed.token)
  assert.equal((await fetch(`${signed.url}/page.txt`)).status, 401)

  // What follows came after 0.189.
  if ('downloadUrl' in sandbox) await newer()
} finally {
  await sandbox.delete()
}
console.log('through')

async function newer() {
  const form = new FormData()
  form.append('file', new Blob(['by link']), 'linked.txt')
  const uploaded = await fetch(await sandbox.uploadUrl('linked.txt'), { method: 'POST', body: form })
  assert.equal(uploaded.status, 200)
  const downloadUrl = await sandbox.downloadUrl('linked.txt')
  assert.equal(await (await fetch(downloadUrl)).text(), 'by link')
  await sandbox.rotateSigningKey()
  assert.equal((await fetch(downloadUrl)).status, 401)
  assert.equal(await (await fetch(await sandbox.downloadUrl('linked.txt'))).text(), 'by link')

  const value = async () => (await sandbox.process.executeCommand('echo "$FROM_SDK"')).result
  await sandbox.updateEnv({ FROM_SDK: 'yes' })
  assert.equal(await value(), 'yes\n')
  await sandbox.updateEnv({}, { unset: ['FROM_SDK'] })
  assert.equal(await value(), '\n')

  const metrics = await sandbox.getMetricsLatest()
  assert.ok(metrics.cpuCount > 0 && metrics.memTotal > 0)
}
