/** Large output: into the journal, and from there to a follower. */
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { FollowMessage, RunSummary } from '../../lib/process-api/extensions'
import { decodeJournalFrame } from '../../lib/process-api/journal-frame'
import type { Bench } from '../bench'
import { pipeIntoFile } from '../floors'
import { type Measure, megabytes, ms, type Result, rate } from '../measure'
import { growthDuring } from '../memory'
import { spreadOf } from '../statistics'

const bytes = 1024 ** 3
const lines = 1_000_000
const recordings = 3
const followings = 7
const maxGrowth = 64 * 1024 * 1024

export const journal: Measure = async (bench) => {
  const sandbox = await bench.createSandbox()
  const recorded = await recordMuch(bench, sandbox.id)
  const followed = await followLines(bench, sandbox.id)
  await bench.client.api('DELETE', `/sandbox/${sandbox.id}`)
  return [recorded, followed]
}

async function recordMuch(bench: Bench, sandboxId: string): Promise<Result> {
  const command = `head -c ${bytes} /dev/zero`
  const floors: number[] = []
  const speeds: number[] = []
  const growths: number[] = []
  for (let round = 0; round < recordings; round += 1) {
    floors.push(await pipeIntoFile(command, bytes, bench.folder))
    const { outcome, growth } = await growthDuring(bench.product.dataDir, async () => {
      const startedAt = performance.now()
      const run = await runToItsEnd(bench, sandboxId, command)
      return { elapsed: performance.now() - startedAt, run }
    })
    const { output, id } = outcome.run
    if (output.stdoutBytes !== bytes || output.droppedBytes !== 0) {
      throw new Error(`the journal holds ${JSON.stringify(output)}`)
    }
    speeds.push(bytes / (outcome.elapsed / 1000))
    growths.push(growth)
    await bench.client.toolbox(sandboxId, 'DELETE', `/process/run/${id}`)
  }
  const floor = spreadOf(floors)
  const speed = spreadOf(speeds)
  const growth = Math.max(...growths)
  return {
    what: "1 GB through one command's journal",
    floor: rate(floor.p50),
    measured: `${rate(speed.p50)}, memory +${megabytes(growth)}`,
    ratio: speed.p50 / floor.p50,
    target: `≥ ${rate(floor.p50 * 0.5)}, memory < +${megabytes(maxGrowth)}`,
    reached: speed.p50 >= floor.p50 * 0.5 && growth < maxGrowth,
    figures: { floorBytesPerSecond: floor, bytesPerSecond: speed, memoryGrowth: growth },
  }
}

async function runToItsEnd(bench: Bench, sandboxId: string, command: string): Promise<RunSummary> {
  const started = await bench.client.toolbox<RunSummary>(sandboxId, 'POST', '/process/run', {
    kind: 'command',
    command,
  })
  for (;;) {
    const run = await bench.client.toolbox<RunSummary>(sandboxId, 'GET', `/process/run/${started.id}`)
    if (run.state === 'succeeded') return run
    if (run.state !== 'running' && run.state !== 'queued') throw new Error(`the run ${run.state}: ${run.message}`)
    await delay(5)
  }
}

async function followLines(bench: Bench, sandboxId: string): Promise<Result> {
  const command = `seq ${lines}`
  let size = 0
  for (let line = 1; line <= lines; line += 1) size += String(line).length + 1
  const floors: number[] = []
  const speeds: number[] = []
  for (let round = 0; round < followings; round += 1) {
    floors.push(await pipeIntoFile(command, size, bench.folder))
    const startedAt = performance.now()
    const body = { kind: 'command', command }
    const run = await bench.client.toolbox<RunSummary>(sandboxId, 'POST', '/process/run', body)
    const received = await follow(bench, sandboxId, run.id)
    speeds.push(size / ((performance.now() - startedAt) / 1000))
    checkLines(received, size)
  }
  const floor = spreadOf(floors)
  const speed = spreadOf(speeds)
  return {
    what: '1,000,000 lines, followed to the end',
    floor: rate(floor.p50),
    measured: `${rate(speed.p50)} (${ms((size / speed.p50) * 1000)}), complete, in order`,
    ratio: speed.p50 / floor.p50,
    target: `≥ ${rate(floor.p50 * 0.3)}`,
    reached: speed.p50 >= floor.p50 * 0.3,
    figures: { floorBytesPerSecond: floor, bytesPerSecond: speed },
  }
}

function follow(bench: Bench, sandboxId: string, runId: string): Promise<Buffer> {
  const url = `${bench.connection.toolboxUrl}/${sandboxId}/process/run/${runId}/journal/follow?from=0`
  const socket = new WebSocket(url.replace(/^http/, 'ws'), {
    headers: { authorization: `Bearer ${bench.connection.apiKey}` },
    perMessageDeflate: false,
  })
  const parts: Uint8Array[] = []
  let expected = 0
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the socket closed before the end')))
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) {
        const frame = decodeJournalFrame(data)
        if (frame.offset !== expected) reject(new Error(`received offset ${frame.offset} instead of ${expected}`))
        expected += frame.data.length
        parts.push(frame.data)
        return
      }
      const message: FollowMessage = JSON.parse(data.toString('utf8'))
      if (message.type === 'error') reject(new Error(message.message))
      if (message.type !== 'end') return
      resolve(Buffer.concat(parts))
      socket.terminate()
    })
  })
}

function checkLines(received: Buffer, size: number): void {
  if (received.length !== size) throw new Error(`${received.length} of ${size} bytes arrived`)
  const seen = received.toString('latin1').split('\n')
  for (let line = 1; line <= lines; line += 1) {
    if (seen[line - 1] !== String(line)) throw new Error(`line ${line} is ${JSON.stringify(seen[line - 1])}`)
  }
}
