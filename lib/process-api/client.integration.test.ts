import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readCapabilities } from './capabilities'
import { ProcessApiClient } from './client'
import { ApiError, toEnvelope } from './errors'
import { runOperations } from './operations/runs'
import { sandboxOperations } from './operations/sandboxes'
import { sessionOperations } from './operations/sessions'
import { TargetError, toProblem } from './problem'
import { inputBody } from './process'
import { refusal } from './refusal'

const sandboxId = '00000000-0000-4000-8000-000000000001'

const sandboxBody = {
  id: sandboxId,
  organizationId: 'o',
  name: 'box',
  user: 'daytona',
  env: {},
  labels: {},
  public: false,
  networkBlockAll: false,
  target: 'eu',
  cpu: 1,
  gpu: 0,
  memory: 1,
  disk: 1,
  state: 'started',
}

let server: Server
let client: ProcessApiClient
let answer: (request: IncomingMessage, response: ServerResponse, body: string) => void
let requests: { line: string; headers: IncomingMessage['headers']; body: string }[]

beforeEach(async () => {
  requests = []
  server = createServer(async (request, response) => {
    let body = ''
    for await (const part of request) body += part
    requests.push({ line: `${request.method} ${request.url}`, headers: request.headers, body })
    answer(request, response, body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  client = new ProcessApiClient({ apiUrl: `${base}/api`, apiKey: 'secret', toolboxUrl: `${base}/toolbox` })
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

function json(value: unknown, status = 200) {
  answer = (_request, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call
  } catch (error) {
    return error
  }
  throw new Error('the call did not fail')
}

describe('requests', () => {
  it('carry the key and the version that makes targets split the streams', async () => {
    json({ items: [], nextCursor: null })
    await client.call(sandboxOperations.listSandboxes, { query: { limit: 5 } })
    expect(requests[0]).toMatchObject({
      line: 'GET /api/sandbox?limit=5',
      headers: { authorization: 'Bearer secret', 'x-daytona-sdk-version': '0.190.0' },
    })
  })

  it('count as activity where something is done, and not where something is looked at', async () => {
    const counts = () => requests.at(-1)?.headers['x-daytona-skip-last-activity-update'] !== 'true'
    json([])
    await client.call(sessionOperations.listSessions, { sandboxId })
    expect(counts()).toBe(false)
    json({ id: 'r' }, 202)
    await client.call(runOperations.startRun, { sandboxId, body: { kind: 'command', command: 'true' } })
    expect(counts()).toBe(true)
    answer = (_request, response) => response.writeHead(204).end()
    await client.call(sessionOperations.deleteSession, { sandboxId, sessionId: 's' })
    expect(counts()).toBe(true)
  })

  it('find the toolbox where the sandbox says that it is, whatever they then ask of it', async () => {
    const { apiUrl } = client.endpoint
    const proxy = apiUrl.replace('/api', '/proxy/')
    const remote = new ProcessApiClient({ apiUrl, apiKey: 'secret', toolboxUrl: null })
    answer = (request, response) => {
      const sandbox = { ...sandboxBody, toolboxProxyUrl: proxy }
      response.end(request.url?.startsWith('/api/') ? JSON.stringify(sandbox) : '')
    }
    await remote.call(sessionOperations.createSession, { sandboxId, body: { sessionId: 'build' } })
    await remote.call(sessionOperations.deleteSession, { sandboxId, sessionId: 'build' })
    expect(requests.map((it) => it.line)).toEqual([
      `GET /api/sandbox/${sandboxId}`,
      `POST /proxy/${sandboxId}/process/session`,
      `DELETE /proxy/${sandboxId}/process/session/build`,
    ])
  })

  it('keep every id inside its segment', async () => {
    json({ sessionId: 'a/b?c#d', commands: [] })
    await client.call(sessionOperations.getSession, { sandboxId, sessionId: 'a/b?c#d' })
    expect(requests[0]?.line).toBe(`GET /toolbox/${sandboxId}/process/session/a%2Fb%3Fc%23d`)
    for (const id of ['', '.', '..']) {
      expect(await failureOf(client.call(sessionOperations.getSession, { sandboxId, sessionId: id }))).toMatchObject({
        code: 'BAD_REQUEST',
      })
    }
    expect(requests).toHaveLength(1)
  })

  it('send an empty line as its newline, because data must not be empty', async () => {
    answer = (_request, response) => response.writeHead(204).end()
    const send = (data: string) => {
      const body = inputBody({ data, newline: true, eof: false })
      return client.call(sessionOperations.sendCommandInput, { sandboxId, sessionId: 's', commandId: 'c', body })
    }
    await send('')
    await send('bob')
    expect(requests.map((it) => JSON.parse(it.body))).toMatchObject([
      { data: '\n', newline: false },
      { data: 'bob', newline: true },
    ])
  })

  it('name the processes that shall outlive a session', async () => {
    answer = (_request, response) => response.writeHead(204).end()
    await client.call(sessionOperations.deleteSession, { sandboxId, sessionId: 's', query: { keep: '7,9' } })
    expect(requests[0]?.line).toBe(`DELETE /toolbox/${sandboxId}/process/session/s?keep=7%2C9`)
  })
})

describe('answers', () => {
  it('of a plain target are widened without a guess', async () => {
    json([
      {
        sessionId: 's',
        commands: [
          { id: 'c', command: 'make' },
          { id: 'd', command: 'true', exitCode: 0 },
        ],
      },
    ])
    const [session] = await client.call(sessionOperations.listSessions, { sandboxId })
    expect(session).toMatchObject({ state: 'running', createdAt: null, cwd: null, commandCount: 2 })
    expect(session?.commands).toMatchObject([
      { state: 'running', startedAt: null, stdinOpen: true },
      { state: 'succeeded', exitCode: 0, endedAt: null },
    ])
    expect(session?.commands[0]).not.toHaveProperty('exitCode')
  })

  it('that are not the process API are said to be unclear', async () => {
    for (const body of ['<html>', '{}', '[]', '', 'null']) {
      answer = (_request, response) => response.end(body)
      expect(await failureOf(client.call(sandboxOperations.getSandbox, { id: sandboxId }))).toMatchObject({
        code: 'TARGET_BAD_RESPONSE',
      })
    }
  })

  it('that redirect are not followed with the key', async () => {
    answer = (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()
    expect(await failureOf(client.call(sandboxOperations.getSandbox, { id: sandboxId }))).toMatchObject({
      code: 'TARGET_BAD_RESPONSE',
    })
  })
})

describe('refusals', () => {
  it('keep the code and lose the prefix of the wire', async () => {
    const error = new ApiError('SESSION_ENDED', 'session process has exited')
    json(toEnvelope(error, { path: '/x', method: 'POST' }, 'DAYTONA_DAEMON'), 410)
    expect(
      toProblem(await failureOf(client.call(sessionOperations.createSession, { sandboxId, body: { sessionId: 's' } }))),
    ).toMatchObject({
      code: 'SESSION_ENDED',
      message: 'Session process has exited.',
    })
  })

  it('keep only the sentence where the wire puts one prefix before another', () => {
    expect(refusal(404, '{"message":"failed to execute command: not found: session not found"}')).toMatchObject({
      code: 'NOT_FOUND',
      message: 'Session not found.',
    })
  })

  it.each([
    [401, '{"message":"Invalid credentials"}', 'TARGET_KEY_REFUSED'],
    [404, '404 page not found', 'TARGET_UNSUPPORTED'],
    [404, '{"message":"Sandbox not found"}', 'NOT_FOUND'],
    [409, '{"message":"conflict: session already exists"}', 'CONFLICT'],
    [413, '', 'PAYLOAD_TOO_LARGE'],
    [418, '{"code":"SOMETHING_NEW","message":"x"}', 'BAD_REQUEST'],
    [502, '<html>bad gateway</html>', 'BAD_GATEWAY'],
    [599, '', 'INTERNAL_SERVER_ERROR'],
    [302, '', 'TARGET_BAD_RESPONSE'],
  ])('%i %s means %s', (status, body, code) => {
    expect(refusal(status, body)).toMatchObject({ code })
  })
})

describe('a target that fails', () => {
  it('by being away says so', async () => {
    await new Promise((resolve) => server.close(resolve))
    expect(await failureOf(client.call(sandboxOperations.getSandbox, { id: sandboxId }))).toMatchObject({
      code: 'TARGET_UNREACHABLE',
    })
  })

  it('by being slow is not waited for, neither for its head nor for its body', async () => {
    answer = () => undefined
    expect(
      await failureOf(client.call(sandboxOperations.getSandbox, { id: sandboxId }, { deadlineMs: 50 })),
    ).toMatchObject({ code: 'TARGET_TIMEOUT' })
    answer = (_request, response) => void response.write('{')
    expect(
      await failureOf(client.call(sandboxOperations.getSandbox, { id: sandboxId }, { deadlineMs: 50 })),
    ).toMatchObject({ code: 'TARGET_TIMEOUT' })
  })

  it('by breaking off is away, and a change is not sent twice', async () => {
    answer = (_request, response) => response.destroy()
    expect(await failureOf(client.call(sandboxOperations.stopSandbox, { id: sandboxId }))).toMatchObject({
      code: 'TARGET_UNREACHABLE',
    })
    expect(requests).toHaveLength(1)
  })

  it('ends when the caller gives up, with the reason of the caller', async () => {
    answer = () => undefined
    const aborter = new AbortController()
    const call = failureOf(client.call(sandboxOperations.getSandbox, { id: sandboxId }, { signal: aborter.signal }))
    aborter.abort(new Error('left'))
    expect(await call).toMatchObject({ message: 'left' })
  })
})

describe('capabilities', () => {
  it('are null for a target that does not know the question', async () => {
    answer = (_request, response) => response.writeHead(404).end('404 page not found')
    expect(await readCapabilities(client, sandboxId)).toBeNull()
  })

  it('of a sandbox that does not exist are a failure', async () => {
    json({ message: 'Sandbox not found' }, 404)
    expect(await failureOf(readCapabilities(client, sandboxId))).toMatchObject({ code: 'NOT_FOUND' })
  })
})

it('does not show the text of an unexpected error', () => {
  expect(toProblem(new TypeError('x is not a function'))).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' })
  expect(JSON.stringify(toProblem(new TypeError('secret path')))).not.toContain('secret')
  expect(toProblem(new TargetError('TARGET_UNREACHABLE', 'The target does not answer.'))).toMatchObject({
    code: 'TARGET_UNREACHABLE',
    hint: expect.stringContaining('npm start'),
  })
})
