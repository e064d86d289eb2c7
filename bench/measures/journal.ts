/** Much output: into the journal, and out of it again to a follower. */
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { FollowMessage, RunSummary } from '../../lib/process-api/extensions'
import { decodeJournalFrame } from '../../lib/process-api/journal-frame'
import type { Bench } from '../bench'
import { pipeIntoFile } from '../floors'
import { type Measure, megabytes, rate } from '../measure'
import { growthDuring } from '../memory'

const bytes = 1024 ** 3
const lines = 1_000_000
const mostGrowth = 64 * 1024 * 1024

export const journal: Measure = async (bench) => {
  const sandbox = await bench.createSandbox()
  const recorded = await recordMuch(bench, sandbox.id)
  const followed = await followLines(bench, sandbox.id)
  await bench.client.api('DELETE', `/sandbox/${sandbox.id}`)
  return [recorded, followed]
}

async function recordMuch(bench: Bench, sandboxId: string) {
  const command = `head -c ${bytes} /dev/zero`
  const floor = await pipeIntoFile(command, bytes, bench.folder)
  const { outcome, growth, before } = await growthDuring(bench.product.dataDir, async () => {
    const begun = performance.now()
    const run = await runToItsEnd(bench, sandboxId, command)
    return { took: performance.now() - begun, output: run.output }
  })
  if (outcome.output.stdoutBytes !== bytes || outcome.output.droppedBytes !== 0) {
    throw new Error(`the journal holds ${JSON.stringify(outcome.output)}`)
  }
  const speed = bytes / (outcome.took / 1000)
  return {
    what: "1 GB through one command's journal",
    floor: rate(floor),
    measured: `${rate(speed)}, memory +${megabytes(growth)}`,
    target: `≥ ${rate(floor * 0.5)}, memory < +${megabytes(mostGrowth)}`,
    reached: speed >= floor * 0.5 && growth < mostGrowth,
    figures: { floorBytesPerSecond: floor, bytesPerSecond: speed, memoryGrowth: growth, memoryBefore: before },
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

async function followLines(bench: Bench, sandboxId: string) {
  const command = `seq ${lines}`
  let size = 0
  for (let line = 1; line <= lines; line += 1) size += String(line).length + 1
  const floor = await pipeIntoFile(command, size, bench.folder)

  const begun = performance.now()
  const run = await bench.client.toolbox<RunSummary>(sandboxId, 'POST', '/process/run', { kind: 'command', command })
  const received = await follow(bench, sandboxId, run.id)
  const took = performance.now() - begun
  checkLines(received, size)

  const speed = size / (took / 1000)
  return {
    what: '1,000,000 lines, followed to the end',
    floor: rate(floor),
    measured: `${rate(speed)} (${took.toFixed(0)} ms), complete, in order`,
    target: `≥ ${rate(floor * 0.3)}`,
    reached: speed >= floor * 0.3,
    figures: { floorBytesPerSecond: floor, bytesPerSecond: speed, tookMs: took },
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
        if (frame.offset !== expected) reject(new Error(`offset ${frame.offset} came where ${expected} was due`))
        expected += frame.payload.length
        parts.push(frame.payload)
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
