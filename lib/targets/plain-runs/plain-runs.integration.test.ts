import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ProcessApiClient } from '@/lib/process-api/client'
import type { EngineEvent } from '@/lib/process-api/extensions'
import { keptPlainRuns } from '@/lib/process-api/kept-plain-runs'
import { PlainRuns } from './plain-runs'
import { RunFiles } from './run-files'

const sandbox = { target: 'staging', sandboxId: '00000000-0000-4000-8000-000000000001' }
const command = { kind: 'command', command: 'make\nmake test', cwd: '/work', timeout: 5 } as const

let folder: string
let server: Server
let respond: (response: ServerResponse, body: unknown) => void
let received: { url: string | undefined; body: unknown }[]
let runs: PlainRuns
let events: EngineEvent[]

function open(): PlainRuns {
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = new ProcessApiClient({ apiUrl: `${base}/api`, apiKey: 'key', toolboxUrl: `${base}/toolbox` })
  const opened = new PlainRuns(new RunFiles(folder), () => client)
  opened.onEvent = (_target, event) => events.push(event)
  return opened
}

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'plain-runs-'))
  received = []
  events = []
  server = createServer(async (request: IncomingMessage, response) => {
    let text = ''
    for await (const part of request) text += part
    received.push({ url: request.url, body: JSON.parse(text) })
    respond(response, JSON.parse(text))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  runs = open()
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true })
})

const json = (value: unknown, status = 200) => {
  respond = (response) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

async function finished(request: Parameters<PlainRuns['start']>[1]) {
  const id = runs.start(sandbox, request)
  await runs.ended(id)
  return runs.get(sandbox, id)
}

it('starts at once, runs until the response arrives, and stores the output', async () => {
  let reply = () => {}
  respond = (response) => {
    reply = () => response.end(JSON.stringify({ exitCode: 3, result: 'é\n' }))
  }
  const id = runs.start(sandbox, command)
  expect(runs.get(sandbox, id)).toMatchObject({ state: 'running', exitCode: null, title: 'make', cwd: '/work' })
  await vi.waitFor(() => expect(received).toHaveLength(1))
  expect(received[0]).toEqual({
    url: `/toolbox/${sandbox.sandboxId}/process/execute`,
    body: { command: 'make\nmake test', cwd: '/work', timeout: 5 },
  })
  reply()
  await runs.ended(id)
  expect(runs.get(sandbox, id)).toMatchObject({ state: 'failed', exitCode: 3, output: { bytes: 3, stdoutBytes: 3 } })
  expect(runs.output(sandbox, id).toString()).toBe('é\n')
  expect(events.map((event) => event.type === 'run' && event.run.state)).toEqual(['running', 'failed'])
})

it('sends code with its language and arguments', async () => {
  json({ exitCode: 0, result: '', artifacts: { charts: [] } })
  const run = await finished({ kind: 'code', language: 'python', code: 'print()', argv: ['a b'], envs: { A: '1' } })
  expect(run).toMatchObject({ state: 'succeeded', exitCode: 0, durationMs: expect.any(Number) })
  expect(received[0]).toMatchObject({
    url: `/toolbox/${sandbox.sandboxId}/process/code-run`,
    body: { language: 'python', code: 'print()', argv: ['a b'], envs: { A: '1' } },
  })
})

it('never invents an exit code', async () => {
  json({ statusCode: 408, code: 'REQUEST_TIMEOUT', message: 'request timeout: command execution timeout' }, 408)
  expect(await finished(command)).toMatchObject({ state: 'timed-out', reason: 'timeout', exitCode: null })
  json({ statusCode: 400, code: 'BAD_REQUEST', message: 'bad request: no' }, 400)
  expect(await finished(command)).toMatchObject({ state: 'failed', reason: 'spawn-failed', exitCode: null })
  respond = (response) => response.destroy()
  expect(await finished(command)).toMatchObject({ state: 'lost', exitCode: null })
  json({ result: 'no exit code' })
  expect(await finished(command)).toMatchObject({ state: 'lost', exitCode: null })
})

it('survives a restart of the console, and marks unfinished runs as lost', async () => {
  json({ exitCode: 0, result: 'done' })
  const first = await finished(command)
  respond = () => {}
  const second = runs.start(sandbox, command)
  await vi.waitFor(() => expect(received).toHaveLength(2))
  const again = open()
  expect(again.list(sandbox, {}).runs.map(({ id, state }) => [id, state])).toEqual([
    [second, 'lost'],
    [first?.id, 'succeeded'],
  ])
  expect(again.output(sandbox, first?.id ?? '').toString()).toBe('done')
  expect(again.list(sandbox, {}).runs[0]).not.toHaveProperty('command')
})

it('lists pages, removes the oldest runs beyond the limit, and deletes finished runs', async () => {
  json({ exitCode: 0, result: 'x' })
  const ids: string[] = []
  for (let index = 0; index < keptPlainRuns + 3; index += 1) ids.unshift((await finished(command))?.id ?? '')
  const page = runs.list(sandbox, { limit: 2 })
  expect(page).toMatchObject({ next: page.runs[1]?.id })
  expect(runs.list(sandbox, { limit: 2, before: page.next ?? '' }).runs).toHaveLength(2)
  expect(runs.list(sandbox, { limit: 1_000 })).toMatchObject({ next: null, runs: { length: keptPlainRuns } })
  const [newest = ''] = page.runs.map(({ id }) => id)
  expect(runs.remove(sandbox, newest)).toBe(true)
  expect(runs.get(sandbox, newest)).toBeNull()
  expect(readdirSync(path.join(folder, sandbox.target, sandbox.sandboxId))).toHaveLength((keptPlainRuns - 1) * 2)
  respond = () => {}
  expect(runs.remove(sandbox, runs.start(sandbox, command))).toBe(false)
  runs.forget(sandbox)
  expect(runs.has(sandbox)).toBe(false)
})
