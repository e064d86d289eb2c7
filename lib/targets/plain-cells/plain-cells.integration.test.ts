import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import type { PlainCellPart } from './cell-transcript'
import { PlainCells } from './plain-cells'

const context = { target: 'staging', sandboxId: 'box', contextId: 'default' }
let server: WebSocketServer
let url: string
let requests: unknown[]
let script: (socket: WebSocket) => void

beforeEach(async () => {
  requests = []
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await new Promise((resolve) => server.once('listening', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  server.on('connection', (socket, request) => {
    requests.push(request.url)
    socket.once('message', (data) => {
      requests.push(JSON.parse(String(data)))
      script(socket)
    })
  })
})
afterEach(() => new Promise((resolve) => server.close(() => resolve(undefined))))

const frame = (type: string, fields: object = {}) =>
  JSON.stringify({ type, text: '', name: '', value: '', traceback: '', ...fields })

/** Starts a cell and resolves with its parts once it has ended. */
async function run(cells: PlainCells): Promise<{ runId: string; parts: PlainCellPart[] }> {
  const endpoint = { apiUrl: url, apiKey: 'key', toolboxUrl: url }
  const runId = cells.start(context, endpoint, url, { code: 'print(1)', timeout: null })
  const parts: PlainCellPart[] = []
  await new Promise<void>((resolve) => {
    cells.watch({ ...context, runId }, (part) => {
      parts.push(part)
      if (part.kind === 'run' && part.run.state !== 'running') resolve()
    })
  })
  return { runId, parts }
}

function stateOf(parts: readonly PlainCellPart[]) {
  const last = parts.at(-1)
  return last?.kind === 'run' ? { state: last.run.state, stateAfter: last.run.stateAfter } : null
}

it('sends the code as the protocol has it, and passes the output on', async () => {
  script = (socket) => {
    socket.send(frame('stdout', { text: '1\n' }))
    socket.send('not json')
    socket.send(frame('control', { text: 'completed' }))
    socket.close(1000)
  }
  const cells = new PlainCells()
  const { runId, parts } = await run(cells)
  expect(requests).toEqual(['/process/interpreter/execute', { code: 'print(1)', contextId: 'default' }])
  expect(parts).toContainEqual({ kind: 'output', stream: 'stdout', text: '1\n' })
  expect(stateOf(parts)).toEqual({ state: 'succeeded', stateAfter: 'kept' })
  const again: PlainCellPart[] = []
  cells.watch({ ...context, runId }, (part) => again.push(part))
  expect(again.filter(({ kind }) => kind === 'output')).toHaveLength(1)
  expect(cells.output({ ...context, runId })).toBe('1\n')
  expect(cells.watch({ ...context, target: 'other', runId }, () => {})).toBeNull()
})

it.each([
  [1000, '', { state: 'failed', stateAfter: 'kept' }],
  [4008, '', { state: 'timed-out', stateAfter: null }],
  [1001, 'worker process ended', { state: 'killed', stateAfter: 'lost' }],
  [1008, 'context not found: x', { state: 'failed', stateAfter: null }],
])('a close with %i after an error says how the cell ended', async (code, reason, expected) => {
  script = (socket) => {
    socket.send(frame('error', { name: 'ValueError', value: 'no' }))
    socket.close(code, reason)
  }
  expect(stateOf((await run(new PlainCells())).parts)).toEqual(expected)
})

it('a lost connection leaves the end unknown', async () => {
  script = (socket) => socket.terminate()
  expect(stateOf((await run(new PlainCells())).parts)).toEqual({ state: 'lost', stateAfter: null })
})
