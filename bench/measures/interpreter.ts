/** The round trip of one line through a stateful interpreter. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { InterpreterFrame } from '../../lib/process-api/interpreter'
import type { Bench } from '../bench'
import { type Measure, ms } from '../measure'
import { spreadOf } from '../statistics'

const rounds = 200
const warmUp = 20
const allowance = 3

export const interpreter: Measure = async (bench) => {
  const sandbox = await bench.createSandbox()
  const python = echoingPython()
  const floors: number[] = []
  const runs: Timed[] = []
  try {
    for (let round = -warmUp; round < rounds; round += 1) {
      const floor = await python.echo()
      const run = await runOnce(bench, sandbox.id)
      if (round < 0) continue
      floors.push(floor)
      runs.push(run)
    }
  } finally {
    python.end()
  }
  await bench.client.api('DELETE', `/sandbox/${sandbox.id}`)
  const floor = spreadOf(floors)
  const measured = spreadOf(runs.map((run) => run.completed))
  const withConnection = spreadOf(runs.map((run) => run.whole))
  return [
    {
      what: 'interpreter: print(1) until completed, p50',
      floor: ms(floor.p50),
      measured: `${ms(measured.p50)} (with connect and close ${ms(withConnection.p50)})`,
      target: `≤ ${ms(floor.p50 + allowance)}`,
      reached: measured.p50 <= floor.p50 + allowance,
      figures: { floor, measured, withConnection },
    },
  ]
}

interface Timed {
  /** From the request to the frame that says it is done. */
  completed: number
  /** From the connection to its close. */
  whole: number
}

async function runOnce(bench: Bench, sandboxId: string): Promise<Timed> {
  const { toolboxUrl, apiKey } = bench.connection
  const begun = performance.now()
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
  socket.send(JSON.stringify({ code: 'print(1)' }))
  await once(socket, 'close')
  const seen = frames.map((frame) => `${frame.type} ${frame.text}`).join(', ')
  if (seen !== 'stdout 1\n, control completed') throw new Error(`the interpreter answered ${seen}`)
  return { completed: completed - sent, whole: performance.now() - begun }
}

/** A Python process that sends back what it is sent, over pipes. */
function echoingPython() {
  const code = 'import os\nwhile True:\n  data = os.read(0, 100)\n  if not data: break\n  os.write(1, data)'
  const child = spawn('python3', ['-u', '-c', code], { stdio: ['pipe', 'pipe', 'inherit'] })
  return {
    async echo(): Promise<number> {
      const begun = performance.now()
      child.stdin.write('1\n')
      await once(child.stdout, 'data')
      return performance.now() - begun
    },
    end: () => child.stdin.end(),
  }
}
