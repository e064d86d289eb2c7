/** Calls every method of the official SDK for sandboxes as a whole. Prints the results as one JSON line. */
import { Daytona, Image } from '@daytona/sdk'

const daytona = new Daytona({ apiUrl: process.env.API_URL, apiKey: process.env.API_KEY, target: 'local' })
const seen = {}

/** The result of a call: its value, or the class and message of its error. */
async function outcome(call) {
  try {
    return await call()
  } catch (error) {
    return `${error.name}: ${error.message}`
  }
}

const sandbox = await daytona.create({
  name: 'sdk-life',
  labels: { purpose: 'control-plane' },
  resources: { cpu: 1, memory: 2, disk: 3 },
  autoStopInterval: 30,
  ttlMinutes: 60,
})
seen.created = {
  state: sandbox.state,
  cpu: sandbox.cpu,
  memory: sandbox.memory,
  disk: sandbox.disk,
  autoStopInterval: sandbox.autoStopInterval,
  autoPauseInterval: sandbox.autoPauseInterval,
  hasDeadline: Date.parse(sandbox.autoDestroyAt) > Date.now(),
  spot: sandbox.spot,
  env: sandbox.env,
}

await sandbox.setAutostopInterval(7)
await sandbox.setAutoArchiveInterval(60)
await sandbox.setAutoDeleteInterval(120)
await sandbox.setAutoPauseInterval(0)
await sandbox.setTtl(5)
await sandbox.refreshActivity()
await sandbox.refreshData()
seen.intervals = [sandbox.autoStopInterval, sandbox.autoArchiveInterval, sandbox.autoDeleteInterval]
seen.minutesLeft = Math.round((Date.parse(sandbox.autoDestroyAt) - Date.now()) / 60_000)
await sandbox.setTtl(0)
await sandbox.refreshData()
seen.noDeadline = sandbox.autoDestroyAt === undefined
seen.autoPause = await outcome(() => sandbox.setAutoPauseInterval(5))

await sandbox.resize({ cpu: 2, memory: 4 })
seen.resized = [sandbox.state, sandbox.cpu, sandbox.memory, sandbox.disk]
seen.shrunk = await outcome(() => sandbox.resize({ disk: 1 }))

await sandbox.updateNetworkSettings({ networkBlockAll: true })
seen.blocked = sandbox.networkBlockAll
await sandbox.updateNetworkSettings({ networkBlockAll: false })
seen.unblocked = sandbox.networkBlockAll
await sandbox.updateNetworkSettings({ networkAllowList: '203.0.113.0/24' })
seen.allowList = [sandbox.networkAllowList, sandbox.networkBlockAll]
seen.domains = await outcome(() => sandbox.updateNetworkSettings({ domainAllowList: 'example.com' }))
seen.badList = await outcome(() => sandbox.updateNetworkSettings({ networkAllowList: '10.0.0' }))
await sandbox.updateNetworkSettings({ networkBlockAll: false })
const withList = await daytona.create({ networkAllowList: '10.0.0.0/8,203.0.113.7/32' })
seen.createdWithList = [withList.networkAllowList, withList.networkBlockAll]
await withList.delete()
const cutOff = await daytona.create({ networkBlockAll: true })
seen.createdBlocked = cutOff.networkBlockAll
await cutOff.delete()
seen.createdWithDomains = await outcome(() => daytona.create({ domainAllowList: 'example.com' }))

await sandbox.process.executeCommand('echo kept > file')
const fork = await sandbox.fork({ name: 'sdk-fork' })
seen.fork = [fork.name, fork.state, (await fork.process.executeCommand('cat file')).result]
await sandbox.createSnapshot('sdk-snapshot')
seen.afterSnapshot = sandbox.state
const fromSnapshot = await daytona.create({ snapshot: 'sdk-snapshot' })
seen.fromSnapshot = [fromSnapshot.snapshot, (await fromSnapshot.process.executeCommand('cat file')).result]
await fromSnapshot.delete()

const snapshots = await daytona.snapshot.list(1, 10)
seen.snapshots = [snapshots.total, snapshots.page, snapshots.totalPages, snapshots.items.map((it) => it.name).sort()]
const snapshot = await daytona.snapshot.get('sdk-snapshot')
seen.snapshot = [snapshot.state, snapshot.sourceSandboxId === sandbox.id]
seen.ofSandbox = (await daytona.snapshot.list({ sourceSandboxId: sandbox.id })).items.map((it) => it.name)
seen.activated = (await daytona.snapshot.activate(snapshot)).state
await daytona.snapshot.delete(snapshot)
seen.noSnapshot = await outcome(() => daytona.snapshot.get('sdk-snapshot'))
seen.image = await outcome(() => daytona.snapshot.create({ name: 'image', image: 'debian:12' }))
seen.build = await outcome(() => daytona.create({ image: Image.base('debian:12') }))

seen.volumes = await daytona.volume.list()
seen.volume = await outcome(() => daytona.volume.get('data'))
seen.newVolume = await outcome(() => daytona.volume.get('data', true))
const secrets = await daytona.secret.list()
seen.secrets = [secrets.items, secrets.total, secrets.nextCursor]
seen.newSecret = await outcome(() => daytona.secret.create({ name: 'key', value: 'v' }))
await sandbox.updateSecrets({})
seen.mountSecret = await outcome(() => sandbox.updateSecrets({ KEY: 'key' }))
seen.warmPools = await daytona.warmPool.list()
seen.newWarmPool = await outcome(() => daytona.warmPool.create({ snapshot: 'default', pool: 2 }))

seen.ssh = await outcome(() => sandbox.createSshAccess(5))
await sandbox.revokeSshAccess()
seen.sshToken = (await sandbox.validateSshAccess('token')).valid
seen.metrics = await sandbox.getMetrics()
seen.pause = await outcome(() => sandbox.pause())
seen.recover = await outcome(() => sandbox.recover())
seen.archive = await outcome(() => sandbox.archive())

const listed = []
for await (const item of daytona.list({ labels: { purpose: 'control-plane' }, limit: 1 })) listed.push(item.name)
seen.listed = listed.sort()
await sandbox.stop()
seen.stopped = sandbox.state
await sandbox.archive()
seen.archived = sandbox.state
await sandbox.start()
seen.started = sandbox.state
await fork.delete(60, true)
await sandbox.delete(60, true)
seen.deleted = [fork.state, sandbox.state]
console.log(JSON.stringify(seen))
