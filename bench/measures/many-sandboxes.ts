/** Many idle sandboxes: the memory of each, and the CPU time of all. */
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { SandboxDto } from '../../lib/process-api/sandbox'
import type { Bench } from '../bench'
import { EngineClient } from '../engine-client'
import { type Measure, megabytes } from '../measure'
import { allProcessesOf } from '../processes'

const sandboxes = 100
const sessions = 10
const concurrency = 4
/** Background work after the last session, such as warm toolboxes and compilation, is done after this time. */
const settleMs = 15_000
/** How long CPU usage is measured. */
const restMs = 20_000
const ticksPerSecond = 100
/** CPU time of all of them at rest, the console's included, as a share of one core. */
const maxBusyShare = 0.005

export const manySandboxes: Measure = async (bench) => {
  const client = new EngineClient(bench.connection, concurrency)
  const before = await memoryOf(bench)
  const made: string[] = []
  const startedAt = performance.now()
  try {
    await inParallel(sandboxes, async () => {
      const { id } = await client.api<SandboxDto>('POST', '/sandbox', {})
      made.push(id)
      for (let n = 0; n < sessions; n += 1) {
        await client.toolbox(id, 'POST', '/process/session', { sessionId: `session-${n}` })
      }
    })
    const seconds = (performance.now() - startedAt) / 1000
    const each = ((await memoryOf(bench)) - before) / sandboxes
    await delay(settleMs)
    const busy = await busyShare(bench)
    // All of them must still work, including every session.
    await inParallel(sandboxes, async (index) => {
      const id = made[index]
      if (id === undefined) throw new Error(`sandbox ${index} was not created`)
      const list = await client.toolbox<unknown[]>(id, 'GET', '/process/session')
      if (list.length < sessions) throw new Error(`the sandbox ${id} has ${list.length} sessions`)
      const { output } = await client.toolbox<{ output: string }>(id, 'POST', '/process/session/session-9/exec', {
        command: 'echo here',
      })
      if (!output.endsWith('here\n')) throw new Error(`the sandbox ${id} returned ${JSON.stringify(output)}`)
    })
    return [
      {
        what: `${sandboxes} sandboxes of ${sessions} sessions, idle`,
        floor: '–',
        measured: `created in ${seconds.toFixed(0)} s, ${megabytes(each)} each, ${(busy * 100).toFixed(1)} % of one core at rest`,
        ratio: null,
        target: `no failure, ≤ ${maxBusyShare * 100} % of a core`,
        reached: busy <= maxBusyShare,
        figures: { seconds, bytesPerSandbox: each, busyShare: busy },
      },
    ]
  } finally {
    await inParallel(made.length, (index) => client.api('DELETE', `/sandbox/${made[index]}`))
    client.close()
  }
}

async function inParallel(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < count) {
      const index = next
      next += 1
      await work(index)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
}

/** Bytes of all processes of the data directory; shared memory counts once. */
async function memoryOf({ product }: Bench): Promise<number> {
  const found = await allProcessesOf(product.dataDir)
  const sizes = await Promise.all(
    found.map(async ({ pid }) => {
      const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
      return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024
    }),
  )
  return sizes.reduce((total, size) => total + size, 0)
}

/** CPU time of all processes of the data directory, as a share of one core. */
async function busyShare(bench: Bench): Promise<number> {
  const before = await ticksOf(bench)
  const startedAt = performance.now()
  await delay(restMs)
  const ticks = (await ticksOf(bench)) - before
  return ticks / ticksPerSecond / ((performance.now() - startedAt) / 1000)
}

async function ticksOf({ product }: Bench): Promise<number> {
  const found = await allProcessesOf(product.dataDir)
  const times = await Promise.all(
    found.map(async ({ pid }) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return Number(fields[11] ?? 0) + Number(fields[12] ?? 0)
    }),
  )
  return times.reduce((total, ticks) => total + ticks, 0)
}
