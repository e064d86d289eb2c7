/** Copies of a sandbox, and what changes one as a whole, through an official SDK. `SDK` names the package. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'

const { Daytona } = await import(process.env.SDK)
const daytona = new Daytona()
const unique = randomUUID().slice(0, 8)
const made = []
const kept = async (sandbox) => String(await sandbox.fs.downloadFile('file'))

/** 0.189 has these two under names of its own. */
const fork = (sandbox, ...rest) => (sandbox.fork ?? sandbox._experimental_fork).call(sandbox, ...rest)
const createSnapshot = (sandbox, ...rest) =>
  (sandbox.createSnapshot ?? sandbox._experimental_createSnapshot).call(sandbox, ...rest)

try {
  const sandbox = await daytona.create({ autoStopInterval: 0 })
  made.push(sandbox)
  await sandbox.fs.uploadFile(Buffer.from('kept'), 'file')

  const forked = await fork(sandbox, { name: `fork-${unique}` })
  made.push(forked)
  assert.deepEqual([forked.name, forked.state, await kept(forked)], [`fork-${unique}`, 'started', 'kept'])

  const name = `snapshot-${unique}`
  await createSnapshot(sandbox, name)
  const fromSnapshot = await daytona.create({ snapshot: name })
  made.push(fromSnapshot)
  assert.deepEqual([fromSnapshot.snapshot, await kept(fromSnapshot)], [name, 'kept'])
  const snapshot = await daytona.snapshot.get(name)
  assert.equal(snapshot.state, 'active')
  const { items, total } = await daytona.snapshot.list(1, 100)
  assert.ok(items.some((it) => it.name === name) && total > 0)
  await daytona.snapshot.delete(snapshot)
  await assert.rejects(daytona.snapshot.get(name), { name: 'DaytonaNotFoundError' })

  await sandbox.resize({ cpu: sandbox.cpu + 1, memory: sandbox.memory + 1 })
  const { cpu, memory } = sandbox
  await sandbox.refreshData()
  assert.deepEqual([sandbox.cpu, sandbox.memory, sandbox.state], [cpu, memory, 'started'])
  await sandbox.updateNetworkSettings({ networkBlockAll: true })
  assert.equal(sandbox.networkBlockAll, true)
  await sandbox.updateNetworkSettings({ networkBlockAll: false })
  assert.equal(sandbox.networkBlockAll, false)

  assert.ok(Array.isArray(await daytona.volume.list()))
  // What a deployment cannot do is refused with a sentence, never with a page that is not there.
  for (const call of [() => sandbox.archive(), () => sandbox.pause(), () => sandbox.recover()]) {
    await assert.rejects(
      call(),
      (error) => error.statusCode >= 400 && error.statusCode !== 404 && / /.test(error.message),
    )
  }
} finally {
  for (const sandbox of made) await sandbox.delete()
}
console.log('through')
