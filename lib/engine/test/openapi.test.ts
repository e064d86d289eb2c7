/** The document and its page as a running engine serves them, and whether its answers are what they say. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { InterpreterContext } from '@/lib/process-api/interpreter'
import type { SessionExecuteResponse } from '@/lib/process-api/process'
import type { ProcessTree } from '@/lib/process-api/process-tree'
import { apiDocument } from '../openapi/document'
import type { JsonObject } from '../openapi/json-schema'
import {
  addressOf,
  bodyExampleOf,
  bodySchemaOf,
  type DescribedOperation,
  operationById,
  operations,
  problemOf,
  validator,
} from './described-api'
import { type EngineFixture, startEngine } from './engine-fixture'
import { eventually } from './toolbox-fixture'

const run = promisify(execFile)

let engine: EngineFixture
/** One of each thing that paths name; for a name that means several things, by the tag of the operation. */
const values: Record<string, string> = {
  port: '3000',
  path: '/etc/hostname',
  pattern: '*',
  key: 'user.name',
  pid: '4194304',
  name: 'none',
  trace: 'none',
}
const byTag: Record<string, Record<string, string>> = {}

beforeAll(async () => {
  engine = await startEngine({ warm: 1 })
  const { id } = await engine.createSandbox({ name: 'described' })
  const post = async <Answer>(route: string, body: unknown) => {
    const answer = await engine.toolbox(id, 'POST', route, body)
    expect(answer.status, answer.text).toBeLessThan(300)
    return answer.text === '' ? (null as Answer) : answer.json<Answer>()
  }
  await post('/process/session', { sessionId: 'described' })
  const command = { command: 'echo out; echo err >&2; cat', runAsync: true }
  const { cmdId } = await post<SessionExecuteResponse>('/process/session/described/exec', command)
  const started = await post<{ id: string }>('/process/run', {
    kind: 'command',
    command: 'echo run; cat',
    stdin: 'open',
  })
  await post('/process/pty', { id: 'described' })
  const recording = await post<{ id: string }>('/process/pty/described/recording', { action: 'start' })
  const context = await post<InterpreterContext>('/process/interpreter/context', {})
  const base = `/process/interpreter/context/${context.id}`
  const contextRun = await post<{ id: string }>(`${base}/run`, { code: 'print("out")\n6 * 7' })
  await eventually('the cell has ended', async () => {
    const answer = await engine.toolbox(id, 'GET', `${base}/run/${contextRun.id}`)
    return answer.json<{ state: string }>().state === 'succeeded'
  })
  await eventually('the command has printed', async () => {
    const answer = await engine.toolbox(id, 'GET', `/process/session/described/command/${cmdId}/journal`)
    return answer.json<{ size: number }>().size === 8
  })
  const [pool] = (await engine.api('GET', '/warm-pools')).json<{ id: string }[]>()
  const signed = await fetch(`http://localhost:${engine.port}/api/sandbox/${id}/ports/3000/signed-preview-url`, {
    headers: { authorization: `Bearer ${engine.apiKey}` },
  })
  const { token } = (await signed.json()) as { token: string }
  Object.assign(values, { id, sandboxId: id, sessionId: 'described', commandId: cmdId, runId: started.id, token })
  // Queries that journals need.
  Object.assign(values, { flag: 'true', n: '5', minutes: '5', source: 'a', destination: 'b' })
  Object.assign(values, { stream: 'stdout', offset: '0', of: 'stream', text: 'out', EIO: '4', transport: 'websocket' })
  byTag.Terminals = { id: 'described', recording: recording.id }
  byTag.Interpreter = { id: context.id, run: contextRun.id }
  byTag['Language servers'] = { languageId: 'python', pathToProject: '.', uri: 'file://main.py', query: 'main' }
  byTag.Snapshots = { id: 'default' }
  byTag.Pool = { id: pool?.id ?? '' }
})
afterAll(() => engine.stop())

function valuesFor({ tag, template }: DescribedOperation): Record<string, string> {
  const special = template.startsWith('/api/warm-pools') ? 'Pool' : template.startsWith('/api/sandbox') ? '' : tag
  return { ...values, ...byTag[special] }
}

async function ask(
  operation: DescribedOperation,
  options: { key?: boolean; body?: unknown; query?: Record<string, string> } = {},
) {
  const { key = true, body, query } = options
  const answer = await fetch(`http://localhost:${engine.port}${addressOf(operation, valuesFor(operation), query)}`, {
    method: operation.method,
    redirect: 'manual',
    headers: { 'x-daytona-sdk-version': '0.216.0', ...(key ? { authorization: `Bearer ${engine.apiKey}` } : {}) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() }
}

/** Ask, and check the answer by the document. */
async function checked(id: string, options: { status: number; body?: unknown; query?: Record<string, string> }) {
  const operation = operationById(id)
  const { status, type, text } = await ask(operation, options)
  expect(status, `${id}: ${text}`).toBe(options.status)
  expect(problemOf(operation, status, type, text)).toBe(null)
  return text
}

describe('what is served', () => {
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${engine.port}${path}`, { headers })

  test('the document, without a key', async () => {
    const answer = await get('/openapi.json')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await answer.json()).toEqual(JSON.parse(JSON.stringify(apiDocument())))
  })

  test('the page: every operation and schema, under the address by which it was asked for, loading nothing', async () => {
    const answer = await fetch(`http://localhost:${engine.port}/docs`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/^default-src 'none'; img-src data:; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'; /)
    expect(policy).not.toContain('unsafe')
    const page = await answer.text()
    expect(page).toContain(`ENGINE=http://localhost:${engine.port}`)
    expect(page).not.toMatch(/<(link [^>]*href="(?!data:,)|img|iframe|object|script [^>]*src)/)
    expect(page).not.toMatch(/url\(|@import|https?:\/\/(?!localhost)/)
    const shown = operations.filter(
      ({ method, operation }) => method === 'GET' || operation['x-sandglass-any-method'] === undefined,
    )
    for (const { id } of shown) expect(page, id).toContain(`<template data-id="${id}">`)
    for (const name of Object.keys(apiDocument().components.schemas))
      expect(page).toContain(`<template data-id="schema-${name}">`)
  })

  for (const path of ['/openapi.json', '/docs']) {
    test(`${path} is refused under a foreign host name`, async () => {
      const foreign = request({ port: engine.port, path, headers: { host: 'evil.example' } }).end()
      const [response] = await once(foreign, 'response')
      response.resume()
      expect(response.statusCode).toBe(403)
    })

    test(`${path} is not found on the host name of a preview`, async () => {
      const preview = request({
        port: engine.port,
        path,
        headers: { host: `3000-${values.sandboxId}.localhost` },
      }).end()
      const [response] = await once(preview, 'response')
      response.resume()
      expect(response.statusCode).toBe(401)
    })
  }
})

describe('who may ask', () => {
  for (const operation of operations.filter(({ isPreview }) => !isPreview)) {
    const { id, method, isSocket, isSecured } = operation
    if (isSecured && !isSocket) {
      test(`${id} is refused without a credential`, async () => {
        const { status, type, text } = await ask(operation, { key: false })
        expect(status, text).toBe(401)
        expect(problemOf(operation, status, type, text)).toBe(null)
      })
    } else if (!isSocket && method === 'GET') {
      test(`${id} is open`, async () => expect((await ask(operation, { key: false })).status).toBe(200))
    }
    if (operation.operation['x-websocket'] && isSecured) {
      test(`${id} is refused as a WebSocket without a credential`, async () => {
        const address = addressOf(operation, valuesFor(operation))
        const socket = new WebSocket(`ws://127.0.0.1:${engine.port}${address}`)
        socket.on('error', () => {})
        const [, response] = await once(socket, 'unexpected-response')
        expect(response.statusCode).toBe(401)
      })
    }
  }
})

describe('real answers are what the document says', () => {
  const reads = operations.filter(
    ({ id, method, isSocket, isPreview, operation }) =>
      method === 'GET' && !isSocket && !isPreview && !operation['x-sandglass-refusal'] && id !== 'proxyToPort',
  )
  for (const operation of reads) {
    test(operation.id, async () => {
      const { status, type, text } = await ask(operation)
      expect(problemOf(operation, status, type, text)).toBe(null)
      expect(Object.keys(operation.responses), text).toContain(String(status))
    })
  }

  test('signals to processes', async () => {
    const tree = JSON.parse(await checked('getProcessTree', { status: 200 })) as ProcessTree
    const found = tree.processes.find(({ owner }) => owner?.kind === 'run')
    if (!found) throw new Error('the run has no process')
    const body = { signal: 'SIGCONT', startTicks: found.startTicks }
    await checked('signalProcess', { status: 404, body })
    values.pid = String(found.pid)
    await checked('signalProcess', { status: 409, body: { ...body, startTicks: 0 } })
    await checked('signalProcess', { status: 200, body })
  })

  test('sandboxes', async () => {
    await checked('setSandboxLabels', { status: 200, body: { labels: { a: 'b' } } })
    await checked('resizeSandbox', { status: 200, body: { cpu: 2 } })
    await checked('noteSandboxActivity', { status: 201 })
    await checked('createSandbox', { status: 400, body: { cpu: 0.5 } })
    await checked('createSandbox', { status: 409, body: { name: 'described' } })
    await checked('createSandbox', { status: 200, body: { name: 'second' } })
    expect((await engine.api('DELETE', '/sandbox/second')).status).toBe(200)
  })

  test('commands', async () => {
    await checked('execute', { status: 200, body: { command: 'echo 1' } })
    await checked('execute', { status: 408, body: { command: 'echo early; sleep 60', timeout: 1 } })
    await checked('execute', { status: 400, body: {} })
    await checked('codeRun', { status: 200, body: { language: 'python', code: 'print(1)' } })
    await checked('codeRun', { status: 400, body: { language: 'cobol', code: '1' } })
    await checked('startRun', { status: 201, body: { kind: 'command', command: 'true' } })
  })

  test('sessions', async () => {
    await checked('createSession', { status: 409, body: { sessionId: 'described' } })
    await checked('sendCommandInput', { status: 204, body: { data: 'more' } })
    await checked('executeInSession', { status: 202, body: { command: 'true', runAsync: true } })
    await checked('stopCommand', { status: 204 })
    await checked('executeInSession', { status: 200, body: { command: 'echo 1' } })
    await checked('sendCommandInput', { status: 410, body: { data: 'late' } })
  })

  test('terminals, contexts, files, environment', async () => {
    await checked('createPty', { status: 409, body: { id: 'described' } })
    await checked('resizePty', { status: 200, body: { cols: 100, rows: 40 } })
    await checked('recordPty', { status: 409, body: { action: 'start' } })
    await checked('createContext', { status: 200, body: {} })
    await checked('interruptContext', { status: 200 })
    await checked('answerContext', { status: 409, body: { text: 'nobody asked' } })
    await checked('startContextRun', { status: 202, body: { code: '1' } })
    await checked('getFileInfo', { status: 404, query: { path: '/nowhere' } })
    await checked('createFolder', { status: 201, query: { path: '/tmp/described' } })
    await checked('replaceInFiles', { status: 200, body: { files: ['/nowhere'], pattern: 'a', newValue: 'b' } })
    await checked('updateEnvironment', { status: 200, body: { set: { A: '1' } } })
    await checked('initializeToolbox', { status: 200, body: { token: 'unused' } })
  })

  test('what is refused on purpose', async () => {
    for (const operation of operations.filter((it) => it.operation['x-sandglass-refusal'])) {
      const { status, message } = operation.operation['x-sandglass-refusal'] as { status: number; message: string }
      const {
        status: answered,
        type,
        text,
      } = await ask(operation, { body: operation.method === 'GET' ? undefined : {} })
      expect(answered, `${operation.id}: ${text}`).toBe(status)
      expect(problemOf(operation, answered, type, text)).toBe(null)
      const [before = '', after = ''] = message.split(/\{\w+\}/)
      expect(text, operation.id).toContain(before)
      expect(text, operation.id).toContain(after)
    }
  })
})

test('the examples with curl work as they stand', async () => {
  const variables = { ...values, ENGINE: `http://localhost:${engine.port}`, KEY: engine.apiKey }
  for (const id of [
    'createSandbox',
    'getSandbox',
    'listFiles',
    'execute',
    'codeRun',
    'updateEnvironment',
    'setSandboxLabels',
    'getFileInfo',
  ]) {
    const operation = operationById(id)
    const [sample] = operation.operation['x-codeSamples'] as { source: string }[]
    const { stdout } = await run('sh', ['-c', `${sample?.source} -sS`], { env: { ...process.env, ...variables } })
    expect(problemOf(operation, 200, 'application/json', stdout)).toBe(null)
  }
  expect((await engine.api('DELETE', '/sandbox/build')).status).toBe(200)
})

describe('bodies are checked by what the document says', () => {
  /** Values of every kind; the first that a field does not take is sent in it. */
  const kinds = [{ wrong: [] }, 'wrong', 12.5, true, [{}]]

  for (const operation of operations) {
    const schema = bodySchemaOf(operation)
    if (schema === null || operation.operation['x-sandglass-refusal']) continue
    test(operation.id, async () => {
      let sent = 0
      for (const [variant, name, property] of fieldsOf(schema)) {
        const accepts = validator(property)
        const wrong = kinds.find((value) => !accepts(value))
        if (wrong === undefined) continue
        const { status, text } = await ask(operation, {
          body: { ...bodyExampleOf(operation), ...variant, [name]: wrong },
        })
        expect(status, `${name}: ${JSON.stringify(wrong)} → ${text}`).toBe(400)
        expect(text.toLowerCase(), name).toContain(name.toLowerCase())
        sent += 1
      }
      expect(sent).toBeGreaterThan(0)
    })
  }
})

function sampleOf(schema: JsonObject): unknown {
  return schema.const ?? (schema.enum as unknown[] | undefined)?.[0] ?? 'true'
}

/** The fields of a body, with what tells the variant of a union that has it. */
function* fieldsOf(
  schema: JsonObject,
): Iterable<[variant: Record<string, unknown>, name: string, property: JsonObject]> {
  for (const variant of (schema.oneOf ?? [schema]) as JsonObject[]) {
    const properties = variant.properties as Record<string, JsonObject>
    const required = schema.oneOf === undefined ? [] : (variant.required as string[])
    const fixed = Object.fromEntries(required.map((name) => [name, sampleOf(properties[name] ?? {})]))
    for (const [name, property] of Object.entries(properties)) {
      if (!('const' in property)) yield [fixed, name, property]
    }
  }
}
