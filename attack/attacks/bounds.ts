import { execFileSync } from 'node:child_process'
import { statfsSync } from 'node:fs'
import path from 'node:path'
import { WebSocket } from 'ws'
import { type EngineFixture, startEngine } from '../../lib/engine/test/engine-fixture'
import type { SandboxDto } from '../../lib/process-api/sandbox'
import type { Attack } from '../attack'
import { Client } from '../client'
import { HostileSandbox } from '../sandbox'
import type { World } from '../world'

const sparseBytes = 50 * 2 ** 30
/** Maximum disk usage of a copied home of a few kilobytes, including everything else that a sandbox needs. */
const maxCopyBytes = 512 * 2 ** 20

export const bounds: Attack = {
  name: 'bounds',
  lines: [10, 11, 12],
  isForPlainProcesses: false,
  description:
    'creates a sparse home of 50 GB, removes the permissions of its home, and requests more than the machine has',

  async run(world) {
    await copySparse(world)
    await closeHome(world)
    await askForTooMuch(world)
  },
}

export const fullDisk: Attack = {
  name: 'full-disk',
  lines: [10, 12],
  isForPlainProcesses: false,
  description: 'creates sandboxes and sockets without end, and fills the disk that all sandboxes share',
  isFor: ({ stage, user, without }) => stage === 'engine' && user === 'root' && without.length === 0,

  async run(world) {
    const disk = path.join(world.surroundings.base, 'small-disk')
    execFileSync('mkdir', [disk])
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128m', 'small-disk', disk])
    try {
      await fill(world, path.join(disk, 'data'))
    } finally {
      execFileSync('umount', ['--lazy', disk])
      execFileSync('rmdir', [disk])
    }
  },
}

async function copySparse(world: World): Promise<void> {
  const sandbox = await world.sandbox()
  await sandbox.run(`truncate -s ${sparseBytes} ~/sparse; echo kept > ~/kept`)
  const before = freeBytes(world)
  const reply = await sandbox.control('POST', '/fork', {}, 60_000)
  if (reply.status === 0) world.breach('the fork of a sparse home does not complete')
  if (before - freeBytes(world) > maxCopyBytes) world.breach('the fork of a sparse home fills the disk')
  if (reply.status !== 200) return
  const { id } = reply.json<SandboxDto>()
  const ran = await world.client.ask('POST', `/toolbox/${id}/process/execute`, { command: 'cat kept' })
  if (!ran.text.includes('kept')) world.breach(`the fork of a sparse home is incomplete: ${ran.text.slice(0, 200)}`)
  const deleted = await world.client.ask('DELETE', `/api/sandbox/${id}`)
  if (deleted.status !== 200) world.breach(`the fork of a sparse home could not be deleted: ${deleted.status}`)
}

async function closeHome(world: World): Promise<void> {
  const sandbox = await world.sandbox()
  await sandbox.run('mkdir closed; echo x > closed/file; touch shut; chmod 000 shut closed; chmod 000 ~')
  for (const action of ['fork', 'snapshot'] as const) {
    const body = action === 'fork' ? {} : { name: `closed-${process.pid}` }
    const { status, text } = await sandbox.control('POST', `/${action}`, body, 60_000)
    if (status >= 300 || status === 0)
      world.breach(`an inaccessible home blocks ${action}: ${status} ${text.slice(0, 200)}`)
    else if (action === 'fork') await world.client.ask('DELETE', `/api/sandbox/${JSON.parse(text).id}`)
  }
  const list = (await world.client.ask('GET', '/api/snapshots')).json<{ items: { id: string; name: string }[] }>()
  for (const { id } of list.items.filter(({ name }) => name.startsWith('closed-'))) {
    await world.client.ask('DELETE', `/api/snapshots/${id}`)
  }
  await sandbox.control('POST', '/stop', undefined, 30_000)
  const { status, text } = await sandbox.control('POST', '/start', undefined, 30_000)
  if (status !== 200) world.breach(`an inaccessible home prevents a start: ${status} ${text.slice(0, 200)}`)
  const { result } = await sandbox.run('touch ~/again && echo usable')
  if (!result.includes('usable')) world.breach('an inaccessible home stays inaccessible to its own sandbox')
}

async function askForTooMuch(world: World): Promise<void> {
  for (const field of ['cpu', 'memory', 'disk']) {
    for (const value of [1e9, 1e308, -1, 2 ** 53, 0.0001]) {
      const { status, text } = await world.client.ask('POST', '/api/sandbox', { [field]: value }, {}, 60_000)
      if (status === 200) {
        const { id, state } = JSON.parse(text)
        if (state !== 'started') world.breach(`${field} ${value} creates a sandbox that is ${state}`)
        await world.client.ask('DELETE', `/api/sandbox/${id}`)
      } else if (status < 400 || status >= 500)
        world.breach(`${field} ${value} returns ${status} ${text.slice(0, 200)}`)
    }
  }
}

/** One client opens more sockets than allowed. Those must be refused, and everything else must keep working. */
async function holdSockets(world: World, { port, apiKey }: EngineFixture, limit: number): Promise<void> {
  const sockets: WebSocket[] = []
  const outcomes = new Map<string, number>()
  const open = () =>
    new Promise<void>((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/api/events`, {
        headers: { authorization: `Bearer ${apiKey}` },
      })
      sockets.push(socket)
      const settle = (outcome: string) => {
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
        resolve()
      }
      socket.once('open', () => settle('open'))
      socket.once('unexpected-response', (_request, { statusCode }) => settle(String(statusCode)))
      socket.once('error', ({ message }) => settle(message))
    })
  try {
    for (let round = 0; round < 4; round += 1) await Promise.all(Array.from({ length: limit / 2 }, open))
    if ((outcomes.get('open') ?? 0) > limit) world.breach(`one client may hold ${outcomes.get('open')} sockets`)
    for (const outcome of outcomes.keys()) {
      if (!['open', '429'].includes(outcome)) world.breach(`a socket was refused with ${outcome}`)
    }
  } finally {
    for (const socket of sockets) socket.terminate()
  }
}

/** Uses a separate engine, on a disk that a sandbox can fill. */
async function fill(world: World, dataDir: string): Promise<void> {
  execFileSync('mkdir', ['-m', '700', dataDir])
  const program = path.resolve(import.meta.dirname, '../../dist/engine.mjs')
  const limit = 60
  const env = {
    SANDGLASS_MAX_SANDBOXES: '2',
    SANDGLASS_DISK_RESERVE: '16M',
    SANDGLASS_ENGINE_SOCKETS_PER_KEY: String(limit),
  }
  const engine = await startEngine({ dataDir, program, env })
  try {
    const client = new Client({ port: engine.port, apiKey: engine.apiKey, onText: () => undefined })
    const make = async () => {
      const dto = await engine.createSandbox({ labels: { 'code-toolbox-language': 'python' } })
      return new HostileSandbox(dto, client, path.join(dataDir, 'sandboxes', dto.id))
    }
    const [filler, other] = [await make(), await make()]
    const third = await engine.api('POST', '/sandbox', {})
    if (third.status < 400 || third.status >= 500) world.breach(`one sandbox too many returns ${third.status}`)
    await holdSockets(world, engine, limit)
    await other.ask('POST', '/process/session', { sessionId: 'before' })
    const filling = 'cat /dev/zero > ~/fill; cat /dev/zero > /tmp/fill; echo full'
    await filler.askOnce('POST', '/process/execute', { command: filling, timeout: 20 }, 40_000)
    for (const sandbox of [other, filler]) {
      const whose = sandbox === other ? 'the neighbour' : 'the sandbox that filled it'
      for (const route of ['/process/execute', '/process/session/before/exec', '/process/code-run']) {
        const body = { command: 'echo recorded', code: 'print("recorded")', language: 'python' }
        const { status, text } = await sandbox.askOnce('POST', route, body, 20_000)
        if (status === 0) world.breach(`with a full disk ${whose} gets no response from ${route}`)
        const isSuccess = status === 200 && JSON.parse(text).exitCode === 0
        if (isSuccess && !text.includes('recorded'))
          world.breach(`with a full disk ${route} of ${whose} returns an empty success`)
      }
    }
    await filler.control('DELETE', '', undefined, 30_000)
    const after = await other.askOnce('POST', '/process/execute', { command: 'echo recorded' })
    if (!after.text.includes('recorded')) world.breach(`with free space again: ${after.status} ${after.text}`)
  } finally {
    await engine.stop()
  }
}

function freeBytes(world: World): number {
  const { bavail, bsize } = statfsSync(world.surroundings.dataDir)
  return bavail * bsize
}
