/** `waitingForInput` of commands, code runs and PTYs: observed, never guessed. */
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EngineEvent, engineEventSchema, type RunDetail } from '@/lib/process-api/extensions'
import type { CommandDetail } from '@/lib/process-api/process'
import type { PtyDetail } from '@/lib/process-api/pty'
import { eventually, startToolbox, type ToolboxFixture } from './toolbox-fixture'

let toolbox: ToolboxFixture
const received: EngineEvent[] = []

beforeAll(async () => {
  toolbox = await startToolbox()
  const socket = toolbox.webSocket('/events')
  socket.on('message', (data) => received.push(engineEventSchema.parse(JSON.parse(data.toString()))))
  await once(socket, 'open')
  expect((await toolbox.post('/process/session', { sessionId: 's' })).status).toBe(201)
})
afterAll(async () => {
  await toolbox.stop()
})

async function startRun(body: object): Promise<string> {
  const response = await toolbox.post('/process/run', { kind: 'command', stdin: 'open', ...body })
  return response.json<RunDetail>().id
}
const runOf = async (id: string) => (await toolbox.request(`/process/run/${id}`)).json<RunDetail>()
const waitingOf = async (id: string) => (await runOf(id)).waitingForInput
const stopRun = (id: string) => toolbox.post(`/process/run/${id}/stop`, {})

async function exec(command: string): Promise<string> {
  const response = await toolbox.post('/process/session/s/exec', { command, runAsync: true })
  return response.json<{ cmdId: string }>().cmdId
}
const commandOf = async (id: string) =>
  (await toolbox.request(`/process/session/s/command/${id}`)).json<CommandDetail>()

describe('a run', () => {
  test.each([
    ['a shell that reads a line', { command: 'read x; echo "got $x"' }],
    ['a program that reads', { command: 'head -n 1' }],
    ['a child of a child', { command: 'bash -c "head -n 1; true"; true' }],
    ['a reader at another descriptor', { command: 'exec 5<&0; exec </dev/null; read -u 5 x' }],
    ['a program that left the tree', { command: '(setsid bash -c "read x" <&0 &) ; sleep 71030' }],
    ['a prompt of Python', { kind: 'code', language: 'python', code: 'print("got", input("name? "))' }],
    [
      'a prompt of a thread',
      {
        kind: 'code',
        language: 'python',
        code: 'import threading\nt = threading.Thread(target=input)\nt.start()\nt.join()',
      },
    ],
  ])('with %s waits until it gets input', async (_, body) => {
    const id = await startRun(body)
    await eventually('it waits', async () => (await waitingOf(id)) === true)
    expect((await toolbox.post(`/process/run/${id}/input`, { data: 'hello' })).status).toBe(204)
    await eventually('it does not wait any more', async () => (await waitingOf(id)) === false)
    await stopRun(id)
    const updates = received.flatMap((event) => (event.type === 'run' && event.run.id === id ? [event.run] : []))
    expect(updates.some((run) => run.state === 'running' && run.waitingForInput === true)).toBe(true)
    expect(updates.at(-1)?.waitingForInput).toBe(false)
  })

  test.each([
    ['sleeps', { command: 'sleep 71031' }],
    ['computes', { command: 'while :; do :; done' }],
    ['waits for a child', { command: 'sleep 71032 & wait' }],
    ['reads another pipe', { command: 'sleep 71033 | cat' }],
    ['is Node and does not listen to its input', { command: 'node -e "setInterval(() => {}, 71034)"' }],
  ])('that %s does not wait', async (_, body) => {
    const id = await startRun(body)
    await eventually('its state is known', async () => (await waitingOf(id)) !== null)
    expect(await waitingOf(id)).toBe(false)
    await stopRun(id)
    const updates = received.flatMap((event) => (event.type === 'run' && event.run.id === id ? [event.run] : []))
    expect(updates.some((run) => run.waitingForInput === true)).toBe(false)
  })

  test('that polls its input together with other events has an unknown state', async () => {
    const id = await startRun({ command: `node -e "process.stdin.on('data', () => {}); console.log('up')"` })
    await eventually('it listens', async () => (await runOf(id)).output.bytes > 0)
    const quiet = await startRun({ command: 'sleep 71035' })
    // Both are checked at the same time, or this one later.
    await eventually('a later one was checked', async () => (await waitingOf(quiet)) === false)
    expect(await waitingOf(id)).toBeNull()
    await Promise.all([stopRun(id), stopRun(quiet)])
  })

  test('whose input is closed does not wait', async () => {
    const closed = await startRun({ command: 'sleep 71036', stdin: 'closed' })
    expect(await waitingOf(closed)).toBe(false)
    await stopRun(closed)
    const id = await startRun({ command: 'cat; sleep 71037' })
    await eventually('it waits', async () => (await waitingOf(id)) === true)
    await toolbox.post(`/process/run/${id}/input`, { eof: true })
    await eventually('it does not', async () => (await waitingOf(id)) === false)
    await stopRun(id)
  })

  test('that prints all the time is not checked, so its state is unknown', async () => {
    const id = await startRun({ command: 'while :; do echo tick; sleep 0.02; done & read x; kill %1; sleep 71038' })
    const other = await startRun({ command: 'sleep 71039' })
    await eventually('another one was checked', async () => (await waitingOf(other)) === false)
    expect(await waitingOf(id)).toBeNull()
    await stopRun(other)
    await toolbox.post(`/process/run/${id}/input`, { data: 'enough' })
    await eventually('its state is known', async () => (await waitingOf(id)) === false)
    await stopRun(id)
  })
})

describe('a command of a session', () => {
  test('waits in the shell itself, and again at its next prompt', async () => {
    const id = await exec('read a; sleep 0.3; read b; echo "$a $b"')
    await eventually('it waits', async () => (await commandOf(id)).waitingForInput === true)
    await toolbox.post(`/process/session/s/command/${id}/input`, { data: 'one' })
    await eventually('it does not', async () => (await commandOf(id)).waitingForInput === false)
    await eventually('it waits again', async () => (await commandOf(id)).waitingForInput === true)
    await toolbox.post(`/process/session/s/command/${id}/input`, { data: 'two' })
    await eventually('it ended', async () => (await commandOf(id)).exitCode === 0)
    const updates = received.flatMap((it) => (it.type === 'command' && it.command.id === id ? [it.command] : []))
    const changes = updates.map((it) => it.waitingForInput).filter((it, i, all) => it !== all[i - 1])
    expect(changes).toEqual([null, true, false, true, false])
  })

  test('does not wait for input while it is queued, nor does the shell between commands', async () => {
    const first = await exec('sleep 71040')
    const second = await exec('cat')
    await eventually('the first one was checked', async () => (await commandOf(first)).waitingForInput === false)
    expect(await commandOf(second)).toMatchObject({ state: 'queued', waitingForInput: false })
    await toolbox.post(`/process/session/s/command/${first}/stop`, {})
    await eventually('the second one waits', async () => (await commandOf(second)).waitingForInput === true)
    await toolbox.post(`/process/session/s/command/${second}/stop`, {})
    expect((await commandOf(second)).waitingForInput).toBe(false)
  })
})

describe('a PTY', () => {
  const detail = async () => (await toolbox.request('/process/pty/p')).json<PtyDetail>()
  const type = async (text: string) => {
    const socket = toolbox.webSocket('/process/pty/p/connect')
    await once(socket, 'open')
    socket.send(text)
    socket.close()
    await once(socket, 'close')
  }

  test('waits at the prompt and in a program that reads, not while a program computes', async () => {
    await toolbox.post('/process/pty', { id: 'p', envs: { PS1: '$ ' } })
    await eventually('the prompt', async () => (await detail()).waitingForInput === true)
    await type('sleep 71050\n')
    await eventually('a program works', async () => (await detail()).waitingForInput === false)
    await type('\x03')
    await eventually('the prompt again', async () => (await detail()).waitingForInput === true)
    await type('stty -echo; sleep 1; head -n 1; sleep 71051\n')
    await eventually('a program works', async () => (await detail()).waitingForInput === false)
    await eventually('it reads', async () => (await detail()).waitingForInput === true)
    await type('line\n')
    await eventually('it works again', async () => (await detail()).waitingForInput === false)
    const updates = received.flatMap((it) => (it.type === 'pty' ? [it.pty.waitingForInput] : []))
    expect(updates).toContain(true)
    await toolbox.request('/process/pty/p', { method: 'DELETE' })
  })
})
