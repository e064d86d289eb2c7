/** The round trip of one line through a stateful interpreter, for each kind of process. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { InterpreterFrame } from '../../lib/process-api/interpreter'
import type { Bench } from '../bench'
import { type Measure, ms, type Result } from '../measure'
import { spreadOf } from '../statistics'

const rounds = 200
const warmUp = 20
const allowance = 3

export const interpreter: Measure = async (bench) => {
  const sandbox = await bench.createSandbox()
  const context = await bench.client.toolbox<{ id: string }>(sandbox.id, 'POST', '/process/interpreter/context', {
    language: 'javascript',
  })
  const results = [
    await measure(bench, sandbox.id, { what: 'print(1)', code: 'print(1)', echo: echoingPython }),
    await measure(bench, sandbox.id, {
      what: 'console.log(1) in JavaScript',
      code: 'console.log(1)',
      contextId: context.id,
      echo: echoingNode,
    }),
  ]
  await bench.client.api('DELETE', `/sandbox/${sandbox.id}`)
  return results
}

interface Subject {
  what: string
  code: string
  contextId?: string
  echo: () => Echo
}

async function measure(bench: Bench, sandboxId: string, { what, code, contextId, echo }: Subject): Promise<Result> {
  const bare = echo()
  const floors: number[] = []
  const runs: Timed[] = []
  try {
    for (let round = -warmUp; round < rounds; round += 1) {
      const floor = await bare.once()
      const run = await runOnce(bench, sandboxId, { code, contextId })
      if (round < 0) continue
      floors.push(floor)
      runs.push(run)
    }
  } finally {
    bare.end()
  }
  const floor = spreadOf(floors)
  const measured = spreadOf(runs.map((run) => run.completed))
  const withConnection = spreadOf(runs.map((run) => run.whole))
  return {
    what: `interpreter: ${what} until completed, p50`,
    floor: ms(floor.p50),
    measured: `${ms(measured.p50)} (with connect and close ${ms(withConnection.p50)})`,
    ratio: measured.p50 / floor.p50,
    target: `≤ ${ms(floor.p50 + allowance)}`,
    reached: measured.p50 <= floor.p50 + allowance,
    figures: { floor, measured, withConnection },
  }
}

interface Timed {
  /** From the request to the frame that reports completion. */
  completed: number
  /** From the connection to its close. */
  whole: number
}

async function runOnce(
  bench: Bench,
  sandboxId: string,
  request: { code: string; contextId?: string | undefined },
): Promise<Timed> {
  const { toolboxUrl, apiKey } = bench.connection
  const startedAt = performance.now()
  const socket = new WebSocket(`${toolboxUrl.replace(/^http/, 'ws')}/${sandboxId}/process/interpreter/execute`, {
    headers: { authorization: `Bearer ${apiKey}` },
    perMessageDeflate: false,
  })
  const frames: InterpreterFrame[] = []
  let completed = 0
  socket.on('message', (data) => {
    frames.push(JSON.parse(String(data)))
    completed = performance.now()
  })
  await once(socket, 'open')
  const sent = performance.now()
  socket.send(JSON.stringify(request))
  await once(socket, 'close')
  const found = frames.map((frame) => `${frame.type} ${frame.text}`).join(', ')
  if (found !== 'stdout 1\n, control completed') throw new Error(`the interpreter returned ${found}`)
  return { completed: completed - sent, whole: performance.now() - startedAt }
}

interface Echo {
  /** Milliseconds for one line to the process and back, over pipes. */
  once(): Promise<number>
  end(): void
}

function echoingPython(): Echo {
  const code = 'import os\nwhile True:\n  data = os.read(0, 100)\n  if not data: break\n  os.write(1, data)'
  return echoing('python3', ['-u', '-c', code])
}

function echoingNode(): Echo {
  return echoing(process.execPath, ['--eval', 'process.stdin.pipe(process.stdout)'])
}

/** A process that echoes its input. */
function echoing(file: string, args: string[]): Echo {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  return {
    async once(): Promise<number> {
      const startedAt = performance.now()
      child.stdin.write('1\n')
      await once(child.stdout, 'data')
      return performance.now() - startedAt
    },
    end: () => child.stdin.end(),
  }
}
