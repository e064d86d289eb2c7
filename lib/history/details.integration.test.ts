/** Details of executions, from targets whose programs decide how much there is to read. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ProcessApiClient } from '@/lib/process-api/client'
import { maxStoredText } from '@/lib/process-api/history'
import { readDetails } from './details'

const run = {
  id: 'r',
  kind: 'code',
  language: 'python',
  title: 'x',
  origin: 'run',
  streams: 'split',
  timeoutSeconds: null,
  command: null,
  cwd: '/',
  state: 'succeeded',
  exitCode: 0,
  signal: null,
  reason: 'exited',
  message: null,
  queuedAt: null,
  startedAt: null,
  endedAt: null,
  durationMs: 1,
  stdinOpen: false,
  survivors: [],
  unverified: null,
  output: { bytes: 0, stdoutBytes: 0, stderrBytes: 0, droppedBytes: 0, truncated: false },
}

let server: Server
let client: ProcessApiClient
let body: unknown
let requested: string[]

beforeEach(async () => {
  requested = []
  server = createServer((request, response) => {
    requested.push(request.url ?? '')
    const isRun = request.url?.includes('/run/')
    response.writeHead(isRun ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(isRun ? body : {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  client = new ProcessApiClient({ apiUrl: `${base}/api`, apiKey: 'secret', toolboxUrl: `${base}/toolbox` })
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const read = (kind: 'run' | 'cell') =>
  readDetails({
    key: { target: 'local', sandboxId: 's', kind, parentId: kind === 'cell' ? 'c' : '', executionId: 'r' },
    client,
    state: { state: 'succeeded', outputBytes: 0, stderrBytes: 0 },
    textComplete: false,
  })

test('what is stored of arguments, names and paths is limited, and the code is not read as a whole', async () => {
  const long = 'a'.repeat(100_000)
  body = {
    ...run,
    code: 'x',
    argv: [long, 'b', ...Array(500).fill('c')],
    envs: { [long]: '1', B: '2' },
    cwd: `/${long}`,
  }
  const { details } = await read('run')
  expect(JSON.stringify(details).length).toBeLessThan(20_000)
  expect(details.argv?.[1]).toBe('b')
  expect(details.envNames?.[0]).toBe('B')
  expect(requested.find((url) => url.includes('/run/'))).toMatch(new RegExp(`textLimit=${maxStoredText + 1}$`))
})

test('the values of a cell are not read', async () => {
  body = {}
  await expect(read('cell')).rejects.toThrow()
  expect(requested.find((url) => url.includes('/run/'))).toMatch(/items=none/)
})

test('a response of many megabytes is refused instead of parsed', async () => {
  body = { ...run, code: 'x'.repeat(3_000_000), argv: [], envs: {} }
  await expect(read('run')).rejects.toThrow('more than the console reads')
})
