/** Sessions under load: nothing leaks, nothing grows with the output, and a command costs little more than a spawn. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CommandDetail, SessionExecuteResponse } from '@/lib/process-api/process'
import { eventually, startToolbox, type ToolboxFixture } from './toolbox-fixture'

let toolbox: ToolboxFixture
/** One connection for all, as a client has it. */
const agent = new Agent({ keepAlive: true, maxSockets: 8 })

beforeAll(async () => {
  toolbox = await startToolbox()
})
afterAll(async () => {
  agent.destroy()
  await toolbox.stop()
})

async function newSession(sessionId: string): Promise<string> {
  expect((await toolbox.post('/process/session', { sessionId })).status).toBe(201)
  return sessionId
}

async function exec(session: string, body: Record<string, unknown>): Promise<SessionExecuteResponse> {
  const url = `/process/session/${session}/exec`
  const call = request({ socketPath: toolbox.socketPath, path: url, method: 'POST', agent })
  call.setHeader('x-daytona-sdk-version', '0.216.0')
  call.end(JSON.stringify(body))
  const [response] = await once(call, 'response')
  let text = ''
  response.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  await once(response, 'end')
  return JSON.parse(text)
}

const commandOf = async (session: string, id: string) =>
  (await toolbox.request(`/process/session/${session}/command/${id}`)).json<CommandDetail>()

const status = (name: string) =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${toolbox.pid}/status`, 'latin1'))?.[1])
const residentMiB = () => status('VmRSS') / 1024
const descriptors = () => readdirSync(`/proc/${toolbox.pid}/fd`).length
const children = () =>
  readFileSync(`/proc/${toolbox.pid}/task/${toolbox.pid}/children`, 'latin1').split(' ').filter(Boolean).length

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

test('a sync `true` costs little more than a bare spawn', async () => {
  const session = await newSession('fast')
  const floor: number[] = []
  const measured: number[] = []
  for (let i = 0; i < 150; i += 1) {
    const before = performance.now()
    await once(spawn('sh', ['-c', 'true'], { stdio: 'ignore' }), 'exit')
    const between = performance.now()
    await exec(session, { command: 'true' })
    floor.push(between - before)
    measured.push(performance.now() - between)
  }
  // 4 ms on a machine that has nothing else to do; the factor is for one that has.
  expect(median(measured)).toBeLessThan(2 * median(floor) + 4)
})

test('many commands of all kinds leave no process, descriptor, FIFO or file behind', async () => {
  await newSession('many')
  await exec('many', { command: 'true' })
  const before = { descriptors: descriptors(), children: children() }
  const last = { id: '' }
  for (let i = 0; i < 300; i += 1) {
    await exec('many', { command: 'true' })
    await exec('many', { command: `echo ${i}; echo ${i} >&2; (exit ${i % 7})` })
    await exec('many', { command: '(setsid sleep 0.01 &); sleep 0.01 & true' })
    await exec('many', { command: 'cat | cat', runAsync: true, stdin: 'closed' })
    last.id = (await exec('many', { command: 'echo x', runAsync: true })).cmdId
    if (i % 50 === 0) {
      await newSession(`short-${i}`)
      await exec(`short-${i}`, { command: i % 100 === 0 ? 'exit 3' : 'sleep 60 &' })
      await toolbox.request(`/process/session/short-${i}`, { method: 'DELETE' })
    }
  }
  await eventually('the last command ends', async () => (await commandOf('many', last.id)).exitCode === 0)
  const now = () => ({ descriptors: descriptors(), children: children() })
  await eventually(
    'the level of before',
    () => now().descriptors <= before.descriptors + 5 && now().children <= before.children,
  )
  expect(readdirSync(path.join(toolbox.folder, 'scratch', 'pipes')).length).toBeLessThan(200)
  const scripts = readdirSync(path.join(toolbox.folder, 'scratch')).filter((name) => name.endsWith('-command'))
  expect(scripts).toEqual([])
  await eventually('no process left', async () => {
    const answer = await toolbox.request('/process/session/many/processes')
    return answer.json<{ processes: unknown[] }>().processes.length === 0
  })
}, 180_000)

test('200 MB through one journal, and its log as JSON, need no memory for it', async () => {
  const session = await newSession('big')
  await exec(session, { command: 'yes "a line of text" | head -c 20000000' })
  const before = residentMiB()
  let peak = before
  const watch = setInterval(() => {
    peak = Math.max(peak, residentMiB())
  }, 20)
  const { cmdId } = await exec(session, { command: 'yes "a line of text" | head -c 200000000', runAsync: true })
  await eventually('the end', async () => (await commandOf(session, cmdId)).exitCode === 0, 60_000)
  expect((await commandOf(session, cmdId)).output).toMatchObject({ bytes: 200_000_000, droppedBytes: 0 })
  const call = request({
    socketPath: toolbox.socketPath,
    path: `/process/session/${session}/command/${cmdId}/logs`,
    headers: { 'x-daytona-sdk-version': '0.216.0' },
  })
  call.end()
  const [response] = await once(call, 'response')
  let bytes = 0
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
  })
  await once(response, 'end')
  clearInterval(watch)
  expect(bytes).toBeGreaterThan(400_000_000)
  expect(peak - before).toBeLessThan(64)
}, 120_000)
