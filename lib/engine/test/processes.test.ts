/** The process view: what runs in a sandbox, whose it is, and signals to it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunDetail } from '@/lib/process-api/extensions'
import type { CommandDetail } from '@/lib/process-api/process'
import type { ProcessSignalAnswer, ProcessTree, SandboxProcess } from '@/lib/process-api/process-tree'
import { eventually, startToolbox, type ToolboxFixture } from './toolbox-fixture'

let toolbox: ToolboxFixture

beforeAll(async () => {
  toolbox = await startToolbox()
})
afterAll(async () => {
  await toolbox.stop()
})

const tree = async () => (await toolbox.request('/process/tree')).json<ProcessTree>()

/** The process whose arguments contain this text, apart from shells that were told to start it. */
const withArgument = async (text: string): Promise<SandboxProcess | undefined> =>
  (await tree()).processes.find((it) => it.argv.includes(text))

const appears = (text: string) => eventually(`a process with the argument ${text}`, () => withArgument(text))
const disappears = (text: string) =>
  eventually(`no process with the argument ${text}`, async () => (await withArgument(text)) === undefined)

const signal = (pid: number, body: unknown) => toolbox.post(`/process/tree/${pid}/signal`, body)

let sessions = 0
async function newSession(): Promise<string> {
  sessions += 1
  const sessionId = `s${sessions}`
  expect((await toolbox.post('/process/session', { sessionId })).status).toBe(201)
  return sessionId
}

async function exec(sessionId: string, command: string): Promise<string> {
  const answer = await toolbox.post(`/process/session/${sessionId}/exec`, { command, runAsync: true })
  return answer.json<{ cmdId: string }>().cmdId
}

const commandOf = async (sessionId: string, id: string) =>
  (await toolbox.request(`/process/session/${sessionId}/command/${id}`)).json<CommandDetail>()

const startRun = async (command: string, more: object = {}) =>
  (await toolbox.post('/process/run', { kind: 'command', command, ...more })).json<RunDetail>().id
const runOf = async (id: string) => (await toolbox.request(`/process/run/${id}`)).json<RunDetail>()

describe('the tree', () => {
  test('shows a command with its parent, state, age, memory and owner', async () => {
    const sessionId = await newSession()
    const commandId = await exec(sessionId, 'sleep 71001')
    const sleep = await appears('71001')
    expect(sleep).toMatchObject({
      name: 'sleep',
      argv: ['sleep', '71001'],
      argvCut: false,
      state: 'sleeping',
      threads: 1,
      owner: { kind: 'command', sessionId, commandId },
    })
    expect(sleep.memoryBytes).toBeGreaterThan(0)
    expect(sleep.user).not.toBeNull()
    const shell = (await tree()).processes.find(({ pid }) => pid === sleep.parentPid)
    expect(shell).toMatchObject({ owner: { kind: 'session', sessionId } })
    await toolbox.post(`/process/session/${sessionId}/command/${commandId}/stop`, {})
    await disappears('71001')
  })
})

describe('a signal', () => {
  test('ends a process, and the run says that a person sent it', async () => {
    const run = await startRun('exec sleep 71002')
    const { pid, startTicks } = await appears('71002')
    const answer = await signal(pid, { signal: 'SIGKILL', startTicks })
    expect(answer.status).toBe(200)
    expect(answer.json<ProcessSignalAnswer>()).toEqual({
      signal: 'SIGKILL',
      signalled: [{ pid, name: 'sleep' }],
      gone: null,
    })
    await eventually('the run has ended', async () => (await runOf(run)).state !== 'running')
    expect(await runOf(run)).toMatchObject({
      state: 'killed',
      signal: 'SIGKILL',
      reason: 'signalled',
      message: 'A person sent SIGKILL to its processes.',
    })
  })
})

describe('waiting for input', () => {
  const openRun = (command: string) => startRun(command, { stdin: 'open' })

  test.each([
    ['the shell reads a line', 'read x; echo "got $x"'],
    ['cat', 'head -n 1'],
    ['Python asks', "python3 -c \"print('got', input('name? '))\""],
    ['a descriptor of another number', 'exec 5<&0; read -u 5 x; echo "got $x"'],
    ['a program that left the tree', '(setsid bash -c "read x; echo got" & ) ; sleep 0.5; wait; sleep 71010'],
  ])('%s: told as soon as it is so, and untold after the answer', async (_, command) => {
    const run = await openRun(`bash -c ${JSON.stringify(command).replaceAll('$', '\\$')}`)
    await eventually('it waits', async () => (await runOf(run)).waitingForInput === true)
    await toolbox.post(`/process/run/${run}/input`, { data: 'hello' })
    await eventually('it does not wait any more', async () => (await runOf(run)).waitingForInput === false)
    await toolbox.post(`/process/run/${run}/stop`, {})
    expect((await runOf(run)).waitingForInput).toBe(false)
  })
})
