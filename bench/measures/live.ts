/** The delay until a tab shows what happens in a sandbox. */
import type { RunSummary } from '../../lib/process-api/extensions'
import type { Bench } from '../bench'
import { echoRoundTrips } from '../floors'
import { LiveClient, signIn } from '../live-client'
import { type Measure, ms, type Result } from '../measure'
import { type Spread, spreadOf } from '../statistics'

const writes = 200
const exits = 40
const pauseMs = 10

/** CLOCK_MONOTONIC is shared by the whole machine, so times from the sandbox can be compared with ours. */
const writer = `import os, time
for _ in range(${writes}):
    os.write(1, b'%d\\n' % time.monotonic_ns())
    time.sleep(${pauseMs / 1000})
`
/** Exits without the interpreter's teardown after the time is taken. */
const leaver = `import os, time
os.write(1, b'%d\\n' % time.monotonic_ns())
os._exit(0)
`

export const live: Measure = async (bench) => {
  const sandbox = await bench.createSandbox()
  const cookie = await signIn(await bench.product.connection())
  const echo = spreadOf(await echoRoundTrips(writes, pauseMs))
  const results = [await writeToTab(bench, sandbox.id, cookie, echo), await exitToTab(bench, sandbox.id, cookie, echo)]
  await bench.client.api('DELETE', `/sandbox/${sandbox.id}`)
  return results
}

function startRun(bench: Bench, sandboxId: string, code: string): Promise<RunSummary> {
  return bench.client.toolbox(sandboxId, 'POST', '/process/run', { kind: 'code', language: 'python', code })
}

/** Parses lines with times in nanoseconds from chunks. */
class Times {
  private rest = ''

  /** The lines that are complete after this chunk. */
  take(payload: Uint8Array): bigint[] {
    const lines = (this.rest + Buffer.from(payload).toString('latin1')).split('\n')
    this.rest = lines.pop() ?? ''
    return lines.map(BigInt)
  }
}

async function writeToTab(bench: Bench, sandboxId: string, cookie: string, echo: Spread): Promise<Result> {
  const times = new Times()
  const delays: number[] = []
  let ended = () => {}
  const end = new Promise<void>((resolve) => {
    ended = resolve
  })
  const client = await LiveClient.open(bench.connection, cookie, {
    bytes(payload, at) {
      for (const written of times.take(payload)) delays.push(Number(at - written) / 1e6)
    },
    message(message) {
      if (message.t === 'end') ended()
    },
  })
  const run = await startRun(bench, sandboxId, writer)
  client.follow({ kind: 'run', sandboxId, runId: run.id })
  await end
  client.close()
  if (delays.length !== writes) throw new Error(`${delays.length} of ${writes} writes arrived`)
  // Writes before the tab started to follow do not show the delay.
  const measured = spreadOf(delays.slice(20))
  return {
    what: 'write in the sandbox → bytes at a tab, p50 / p95',
    floor: `${ms(echo.p50)} / ${ms(echo.p95)}`,
    measured: `${ms(measured.p50)} / ${ms(measured.p95)}`,
    ratio: measured.p50 / echo.p50,
    target: `≤ ${ms(echo.p50 + 5)} / ${ms(echo.p95 + 15)}`,
    reached: measured.p50 <= echo.p50 + 5 && measured.p95 <= echo.p95 + 15,
    figures: { floor: echo, measured },
  }
}

async function exitToTab(bench: Bench, sandboxId: string, cookie: string, echo: Spread): Promise<Result> {
  const onChannel: number[] = []
  const onList: number[] = []
  let exitedAt: bigint | null = null
  let channelAt: bigint | null = null
  let listAt: bigint | null = null
  let runId: string | null = null
  let settled = () => {}
  const times = new Times()
  const client = await LiveClient.open(bench.connection, cookie, {
    bytes(payload) {
      exitedAt = times.take(payload)[0] ?? exitedAt
    },
    message(message, at) {
      if (message.t === 'end') channelAt = at
      if (message.t === 'event' && message.event.type === 'run' && message.event.run.id === runId) {
        if (message.event.run.state === 'succeeded') listAt = at
      }
      if (exitedAt !== null && channelAt !== null && listAt !== null) settled()
    },
  })
  client.watch()
  for (let round = -2; round < exits; round += 1) {
    const done = new Promise<void>((resolve) => {
      settled = resolve
    })
    exitedAt = null
    channelAt = null
    listAt = null
    const run = await startRun(bench, sandboxId, leaver)
    runId = run.id
    client.follow({ kind: 'run', sandboxId, runId: run.id })
    await done
    if (round < 0) continue
    onChannel.push(Number(BigInt(channelAt ?? 0) - BigInt(exitedAt ?? 0)) / 1e6)
    onList.push(Number(BigInt(listAt ?? 0) - BigInt(exitedAt ?? 0)) / 1e6)
  }
  client.close()
  const channel = spreadOf(onChannel)
  const list = spreadOf(onList)
  return {
    what: 'exit → a tab knows, p95 (log / list)',
    floor: ms(echo.p95),
    measured: `${ms(channel.p95)} / ${ms(list.p95)}`,
    ratio: channel.p95 / echo.p95,
    target: '≤ 50 ms',
    reached: channel.p95 <= 50 && list.p95 <= 50,
    figures: { floor: echo, log: channel, list },
  }
}
