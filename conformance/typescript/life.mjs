/** The life of sandboxes through an official SDK. `SDK` names the package. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'

const { Daytona } = await import(process.env.SDK)
const daytona = new Daytona()
const purpose = randomUUID()
const made = []

async function create(options = {}) {
  const sandbox = await daytona.create({ ...options, labels: { purpose, ...options.labels } })
  made.push(sandbox)
  return sandbox
}

async function listed(query) {
  const ids = []
  for await (const sandbox of daytona.list({ labels: { purpose }, ...query })) ids.push(sandbox.id)
  return ids.sort()
}

try {
  const name = `life-${purpose.slice(0, 8)}`
  const first = await create({
    name,
    language: 'javascript',
    envVars: { FROM_CREATE: 'yes' },
    autoStopInterval: 30,
    autoArchiveInterval: 600,
    autoDeleteInterval: 120,
    public: true,
  })
  assert.deepEqual(
    [first.name, first.state, first.autoStopInterval, first.autoArchiveInterval, first.autoDeleteInterval],
    [name, 'started', 30, 600, 120],
  )
  assert.equal(first.public, true)
  assert.ok(first.cpu > 0 && first.memory > 0 && first.disk > 0)
  assert.ok(first.createdAt && first.updatedAt)
  assert.equal((await first.process.codeRun('console.log(process.env.FROM_CREATE)')).result, 'yes\n')
  assert.match(await first.getWorkDir(), /^\//)
  assert.equal(await first.getUserRootDir(), await first.getUserHomeDir())
  await assert.rejects(daytona.create({ name }), { name: 'DaytonaConflictError' })

  const second = await create({ labels: { other: 'label' } })
  const third = await create()
  const all = made.map((it) => it.id).sort()
  assert.deepEqual(await listed({}), all)
  assert.deepEqual(await listed({ limit: 1 }), all)
  assert.deepEqual(await listed({ labels: { purpose, other: 'label' } }), [second.id])
  assert.equal((await daytona.get(name)).id, first.id)

  await first.setLabels({ purpose, replaced: 'all' })
  await first.setAutostopInterval(45)
  await first.setAutoArchiveInterval(700)
  await first.setAutoDeleteInterval(-1)
  await first.refreshActivity()
  await first.refreshData()
  assert.deepEqual(first.labels, { purpose, replaced: 'all' })
  assert.deepEqual([first.autoStopInterval, first.autoArchiveInterval, first.autoDeleteInterval], [45, 700, -1])

  await second.fs.uploadFile(Buffer.from('kept'), 'file')
  await second.stop()
  await second.waitUntilStopped()
  assert.equal(second.state, 'stopped')
  assert.deepEqual(await listed({ states: ['stopped'] }), [second.id])
  await second.start()
  await second.waitUntilStarted()
  assert.equal(second.state, 'started')
  assert.equal(String(await second.fs.downloadFile('file')), 'kept')

  await second.stop()
  await second.archive()
  await second.refreshData()
  assert.match(second.state, /^archiv/)
  await second.start()
  assert.equal(second.state, 'started')
  assert.equal(String(await second.fs.downloadFile('file')), 'kept')

  await daytona.stop(third)
  await daytona.start(third)
  assert.equal(third.state, 'started')
  assert.match((await third.getPreviewLink(3000)).url, /^http/)
  await assert.rejects(new Daytona({ apiKey: 'no' }).get(third.id), { name: 'DaytonaAuthenticationError' })
} finally {
  for (const sandbox of made) await daytona.delete(sandbox)
}
assert.deepEqual(await listed({}), [])
for (const { id } of made) await assert.rejects(daytona.get(id), { name: 'DaytonaNotFoundError' })
console.log('through')
