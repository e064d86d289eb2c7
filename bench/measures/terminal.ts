/** A terminal over a WebSocket: the echo of a key, large output, and the screen for a client that attaches late. */
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { decodeJournalFrame } from '../../lib/process-api/journal-frame'
import type { PtyServerMessage } from '../../lib/process-api/pty'
import type { Bench } from '../bench'
import { echoRoundTrips } from '../floors'
import { type Measure, ms, type Result, rate } from '../measure'
import { spreadOf } from '../statistics'

// CommonJS with exports that Node cannot detect.
const require = createRequire(import.meta.url)
const { Terminal }: typeof import('@xterm/headless') = require('@xterm/headless')
const { spawn: spawnPty }: typeof import('@lydell/node-pty') = require('@lydell/node-pty')

const keys = 300
const pauseMs = 5
const echoAllowance = 5
const busyAllowance = 30
const outputBytes = 100_000_000
const outputShare = 0.6
const lines = 5_000
const attaches = 7
const attachTarget = 150

export const terminal: Measure = async (bench) => {
  const sandbox = await bench.createSandbox()
  const results = [
    ...(await echo(bench, sandbox.id)),
    await throughput(bench, sandbox.id),
    await attach(bench, sandbox.id),
  ]
  await bench.client.api('DELETE', `/sandbox/${sandbox.id}`)
  return results
}

async function echo(bench: Bench, sandboxId: string): Promise<Result[]> {
  const bare = spreadOf(await bareEchoes())
  const socketTrips = spreadOf(await echoRoundTrips(keys, pauseMs))
  const floor = bare.p95 + socketTrips.p95
  const pty = await connect(bench, sandboxId, 'echo')
  await pty.becomes('exec cat')
  const alone = spreadOf(await pty.echoes())
  const flood = await connect(bench, sandboxId, 'flood')
  flood.send('yes\n')
  const busy = spreadOf(await pty.echoes())
  flood.socket.terminate()
  pty.socket.terminate()
  for (const id of ['flood', 'echo']) await bench.client.toolbox(sandboxId, 'DELETE', `/process/pty/${id}`)
  const figures = { bare, socketTrips, alone, busy }
  const row = (what: string, measured: number, allowance: number): Result => ({
    what,
    floor: ms(floor),
    measured: ms(measured),
    ratio: measured / floor,
    target: `≤ ${ms(floor + allowance)}`,
    reached: measured <= floor + allowance,
    figures,
  })
  return [
    row('terminal: echo of a key, p95', alone.p95, echoAllowance),
    row('terminal: echo of a key while another prints, p95', busy.p95, busyAllowance),
  ]
}

async function throughput(bench: Bench, sandboxId: string): Promise<Result> {
  const command = `yes 0123456789012345678901234567890123456789 | head -c ${outputBytes}; exit`
  const floors: number[] = []
  const speeds: number[] = []
  for (let round = 0; round < 3; round += 1) {
    floors.push(await bareOutput(command))
    const pty = await connect(bench, sandboxId, `output-${round}`)
    const startedAt = performance.now()
    pty.send(`exec sh -c '${command}'\n`)
    await once(pty.socket, 'close')
    const elapsed = performance.now() - startedAt
    if (pty.received < outputBytes) throw new Error(`the client received ${pty.received} bytes`)
    speeds.push(pty.received / (elapsed / 1000))
  }
  const floor = spreadOf(floors)
  const speed = spreadOf(speeds)
  return {
    what: 'terminal: output to a client',
    floor: rate(floor.p50),
    measured: rate(speed.p50),
    ratio: speed.p50 / floor.p50,
    target: `≥ ${rate(floor.p50 * outputShare)}`,
    reached: speed.p50 >= floor.p50 * outputShare,
    figures: { floor, speed },
  }
}

async function attach(bench: Bench, sandboxId: string): Promise<Result> {
  const pty = await connect(bench, sandboxId, 'screen')
  await pty.becomes(`seq 1 ${lines + 100}; echo do""ne`, 'done')
  const elapsed: number[] = []
  for (let round = 0; round < attaches; round += 1) {
    const startedAt = performance.now()
    const socket = openSocket(bench, `${sandboxId}/process/pty/screen/connect?snapshot=1`)
    const snapshot = await firstSnapshot(socket)
    const screen = new Terminal({
      cols: snapshot.cols,
      rows: snapshot.rows,
      scrollback: lines,
      allowProposedApi: true,
    })
    await new Promise<void>((resolve) => screen.write(snapshot.data, resolve))
    elapsed.push(performance.now() - startedAt)
    if (screen.buffer.active.length < lines) throw new Error(`the screen has ${screen.buffer.active.length} lines`)
    socket.terminate()
  }
  pty.socket.terminate()
  await bench.client.toolbox(sandboxId, 'DELETE', '/process/pty/screen')
  const measured = spreadOf(elapsed)
  return {
    what: `terminal: attach to ${lines} lines, drawn, p50`,
    floor: '–',
    measured: `${ms(measured.p50)} (first ${ms(elapsed[0] ?? 0)})`,
    ratio: null,
    target: `≤ ${attachTarget} ms`,
    reached: measured.p50 <= attachTarget,
    figures: { measured, first: elapsed[0] },
  }
}

class Client {
  received = 0
  private text = ''
  private heard: () => void = () => {}

  constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) return
      this.received += data.length
      this.text = (this.text + data.subarray(-4096).toString('latin1')).slice(-4096)
      this.heard()
    })
  }

  send(text: string): void {
    this.socket.send(Buffer.from(text))
  }

  /** Run a command in the shell and wait until the terminal shows a text, or for a moment. */
  async becomes(command: string, shows?: string): Promise<void> {
    this.send(`${command}\n`)
    if (shows === undefined) await delay(500)
    else await this.until(() => this.text.includes(shows))
  }

  async echoes(): Promise<number[]> {
    const trips: number[] = []
    for (let index = 0; index < keys; index += 1) {
      const before = this.received
      const startedAt = performance.now()
      this.send(index % 70 === 69 ? '\x15' : 'k')
      await this.until(() => this.received > before)
      trips.push(performance.now() - startedAt)
      await delay(pauseMs)
    }
    return trips
  }

  private async until(check: () => boolean): Promise<void> {
    while (!check()) {
      await new Promise<void>((resolve) => {
        this.heard = resolve
      })
    }
  }
}

async function connect(bench: Bench, sandboxId: string, id: string): Promise<Client> {
  const socket = openSocket(bench, `${sandboxId}/process/pty/create-connect?id=${id}&cols=80&rows=24`)
  const client = new Client(socket)
  await once(socket, 'open')
  await delay(300)
  return client
}

function openSocket(bench: Bench, route: string): WebSocket {
  const { toolboxUrl, apiKey } = bench.connection
  return new WebSocket(`${toolboxUrl.replace(/^http/, 'ws')}/${route}`, {
    headers: { authorization: `Bearer ${apiKey}` },
    perMessageDeflate: false,
  })
}

/** The screen, without the output that follows. */
function firstSnapshot(socket: WebSocket): Promise<Extract<PtyServerMessage, { type: 'snapshot' }>> {
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) {
        decodeJournalFrame(data)
        return
      }
      const message: PtyServerMessage | { type: 'control' } = JSON.parse(data.toString('utf8'))
      if (message.type === 'snapshot') resolve(message)
    })
  })
}

/** The echo of a key in a terminal of this process. */
async function bareEchoes(): Promise<number[]> {
  const pty = spawnPty('cat', [], { encoding: null })
  let heard = () => {}
  pty.onData(() => heard())
  const trips: number[] = []
  await delay(200)
  for (let index = 0; index < keys; index += 1) {
    const startedAt = performance.now()
    const echoed = new Promise<void>((resolve) => {
      heard = resolve
    })
    pty.write('k')
    await echoed
    trips.push(performance.now() - startedAt)
    await delay(pauseMs)
  }
  pty.kill('SIGKILL')
  return trips
}

/** Bytes per second of a terminal that is only read, in this process. */
async function bareOutput(command: string): Promise<number> {
  const startedAt = performance.now()
  const pty = spawnPty('sh', ['-c', command], { encoding: null })
  let received = 0
  pty.onData((data) => {
    received += data.length
  })
  await new Promise<void>((resolve) => pty.onExit(() => resolve()))
  return received / ((performance.now() - startedAt) / 1000)
}
