/** Another user of the same engine, who must not be affected: runs commands, uses a session, and follows a log. */
import { once } from 'node:events'
import type { WebSocket } from 'ws'
import type { EngineFixture } from '../lib/engine/test/engine-fixture'
import { decodeJournalFrame } from '../lib/process-api/journal-frame'

export interface Bystander {
  readonly sandboxId: string
  /** End it; resolves with everything that went wrong, and how much was done. */
  finish(): Promise<{ faults: string[]; commands: number; lines: number }>
}

/** The session is replaced after this many commands. */
const commandsOfSession = 1_000
const counting = 'n=0; while [ ! -e stop ]; do n=$((n+1)); echo "line $n"; sleep 0.02; done; echo "end $n"'

export async function startBystander(engine: EngineFixture): Promise<Bystander> {
  const { id } = await engine.createSandbox({ labels: { 'code-toolbox-language': 'python' } })
  const faults: string[] = []
  const session = 'quiet'
  await expectStatus(engine.toolbox(id, 'POST', '/process/session', { sessionId: session }), 201)
  await expectStatus(engine.toolbox(id, 'POST', '/process/session', { sessionId: 'counting' }), 201)
  const started = engine.toolbox(id, 'POST', '/process/session/counting/exec', { command: counting, runAsync: true })
  const { cmdId } = (await expectStatus(started, 202)).json<{ cmdId: string }>()
  const follower = follow(engine, `/toolbox/${id}/process/session/counting/command/${cmdId}`, faults)
  await once(follower.socket, 'open')

  let isOver = false
  let commands = 0
  const commanding = (async () => {
    let turn = 0
    for (; !isOver; commands += 2) {
      if (turn === commandsOfSession) {
        // The records of a session's commands are not a leak, but would look like one.
        await expectStatus(engine.toolbox(id, 'DELETE', `/process/session/${session}`), 204)
        await expectStatus(engine.toolbox(id, 'POST', '/process/session', { sessionId: session }), 201)
        turn = 0
      }
      turn += 1
      const text = `number ${commands} of ${session}`
      const ran = await engine.toolbox(id, 'POST', '/process/execute', { command: `echo '${text}'` })
      if (ran.status !== 200 || ran.json<{ result: string }>().result !== `${text}\n`) {
        faults.push(`execute returned ${ran.status} ${ran.text}`)
      }
      const response = await engine.toolbox(id, 'POST', `/process/session/${session}/exec`, {
        command: `count=$((count+1)); echo "$count"; (exit $((count % 7)))`,
      })
      const { exitCode, stdout } = response.json<{ exitCode: number; stdout: string }>()
      if (response.status !== 200 || stdout !== `${turn}\n` || exitCode !== turn % 7) {
        faults.push(`command ${turn} of the session returned ${response.status} ${response.text}`)
      }
    }
  })().catch((error: unknown) => faults.push(`a command could not be requested: ${error}`))

  return {
    sandboxId: id,
    async finish() {
      isOver = true
      await commanding
      await engine.toolbox(id, 'POST', '/process/execute', { command: 'touch stop' })
      await follower.ended
      const lines = follower.text.split('\n')
      const count = lines.length - 2
      const expected = Array.from({ length: count }, (_, n) => `line ${n + 1}`).concat(`end ${count}`, '')
      const wrong = expected.findIndex((line, at) => lines[at] !== line)
      if (wrong >= 0) faults.push(`the follower received ${JSON.stringify(lines[wrong])} instead of ${expected[wrong]}`)
      return { faults, commands, lines: count }
    },
  }
}

interface Follower {
  readonly socket: WebSocket
  readonly text: string
  readonly ended: Promise<unknown>
}

function follow(engine: EngineFixture, command: string, faults: string[]): Follower {
  const socket = engine.webSocket(`${command}/journal/follow?from=0`)
  let text = ''
  let size = 0
  let isWhole = false
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (!isBinary) {
      const message = JSON.parse(data.toString('utf8'))
      if (message.type === 'end') isWhole = true
      if (message.type === 'error') faults.push(`the follower received the error: ${message.message}`)
      return
    }
    const { offset, data: payload } = decodeJournalFrame(data)
    if (offset !== size) faults.push(`the follower expected offset ${size} and received ${offset}`)
    size = offset + payload.length
    text += Buffer.from(payload).toString('utf8')
  })
  socket.on('error', (error) => faults.push(`the follower failed: ${error.message}`))
  const ended = once(socket, 'close').then(() => {
    if (!isWhole) faults.push('the follower was cut off')
  })
  return {
    socket,
    ended,
    get text() {
      return text
    },
  }
}

async function expectStatus<Value extends { status: number; text: string }>(
  request: Promise<Value>,
  status: number,
): Promise<Value> {
  const response = await request
  if (response.status !== status) throw new Error(`the bystander got ${response.status}: ${response.text}`)
  return response
}
