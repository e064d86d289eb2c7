import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'
import { empty, flagSchema, json, jsonBody, operationsOf, parameter } from '@/lib/process-api/operations/operation'
import { Router } from './router'

const common = { summary: 'A test', description: 'A test.' }
const toolbox = operationsOf(
  { api: 'toolbox', tag: 'Test', description: 'A test.' },
  {
    rename: {
      ...common,
      method: 'POST',
      path: '/box/:id/shelf/:shelf',
      params: {
        id: parameter(z.string(), 'An id.'),
        shelf: parameter(z.coerce.number().int(), 'A number.', { invalid: 'shelves have numbers' }),
      },
      query: {
        limit: parameter(z.coerce.number().int().min(1).default(5), 'A limit.'),
        force: parameter(flagSchema, 'A flag.'),
      },
      body: jsonBody(z.object({ name: z.string() }), 'A name.', { name: 'RenameRequest', message: 'send a name' }),
      repeatsMessage: true,
      responses: { 200: json(z.object({ seen: z.array(z.unknown()) }), 'What was seen.'), 204: empty('Nothing.') },
    },
  },
)
const controlPlane = operationsOf(
  { api: 'control-plane', tag: 'Lists', description: 'A test.' },
  {
    list: {
      ...common,
      method: 'GET',
      path: '/api/list',
      lenientQuery: true,
      query: {
        states: parameter(z.array(z.string()).default([]), 'Texts.'),
        page: parameter(z.coerce.number().int().min(1).default(1), 'A number.'),
      },
      responses: { 200: json(z.object({ seen: z.array(z.unknown()) }), 'What was seen.') },
    },
  },
)

const router = new Router(1024)
const server = createServer((request, response) => router.handle(request, response))
let base = ''

beforeAll(async () => {
  router.on(toolbox.rename, async ({ params, query, body, reply }) => {
    if (params.id === 'missing') throw new ApiError('NOT_FOUND', 'there is no such box')
    if (params.id === 'silent') return reply(204)
    const { limit, force } = query
    reply(200, { seen: [params.id, params.shelf, limit, force, (await body()).name] })
  })
  router.on(controlPlane.list, ({ query, reply }) => reply(200, { seen: [query.states, query.page] }))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

async function rename(path: string, body: unknown = { name: 'new' }) {
  const response = await fetch(base + path, { method: 'POST', body: JSON.stringify(body) })
  return { status: response.status, json: response.status === 204 ? null : await response.json() }
}

async function list(query: string) {
  const response = await fetch(`${base}/api/list${query}`)
  return { status: response.status, json: await response.json() }
}

test('a handler gets parameters, query and body with their types and defaults', async () => {
  expect((await rename('/box/a%2Fb/shelf/7?force=true')).json).toEqual({ seen: ['a/b', 7, 5, true, 'new'] })
  expect((await rename('/box/a/shelf/7?limit=2&force=yes')).json).toEqual({ seen: ['a', 7, 2, false, 'new'] })
})

test('a response without a body is empty', async () => {
  expect(await rename('/box/silent/shelf/7')).toEqual({ status: 204, json: null })
})

test('of several errors the handler decides which one is reported', async () => {
  const wrong = '/shelf/x?limit=0'
  expect(await rename(`/box/missing${wrong}`, {})).toMatchObject({ status: 404 })
  expect((await rename(`/box/a${wrong}`, {})).json).toMatchObject({ message: expect.stringContaining('limit') })
  expect((await rename('/box/a/shelf/x', {})).json).toMatchObject({ message: 'bad request: shelves have numbers' })
})

test('the query is checked as a whole', async () => {
  expect((await rename('/box/a/shelf/7?limit=0')).json).toMatchObject({
    code: 'BAD_REQUEST',
    message: expect.stringMatching(/^bad request: invalid query: limit: /),
  })
  expect((await list('?page=0')).json).toMatchObject({ message: expect.stringMatching(/^bad request: page: /) })
})

test('a refused body has the words that the operation declares, and repeats them', async () => {
  expect((await rename('/box/a/shelf/7', { name: 5 })).json).toMatchObject({
    code: 'INVALID_REQUEST_BODY',
    message: 'invalid body request: send a name',
    error: 'send a name',
  })
  const long = await rename('/box/a/shelf/7', { name: 'x'.repeat(2048) })
  expect(long).toMatchObject({ status: 413, json: { limit: 1024 } })
  expect(long.json).not.toHaveProperty('error')
})

test('a lenient query takes lists by repetition, and empty values for absent ones', async () => {
  expect((await list('?states=a&states=&states=b&page=')).json).toEqual({ seen: [['a', 'b'], 1] })
  expect((await list('')).json).toEqual({ seen: [[], 1] })
})
