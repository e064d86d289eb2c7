/** Wrong values in every field of every operation are the client's mistake: 4xx with a sentence, never a 500. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import type { ErrorEnvelope } from '@/lib/process-api/errors'
import { allOperations } from '@/lib/process-api/operations/all-operations'
import type { Operation } from '@/lib/process-api/operations/operation'
import { type EngineFixture, startEngine } from './engine-fixture'

let engine: EngineFixture
let sandboxId: string

beforeAll(async () => {
  engine = await startEngine()
  sandboxId = (await engine.createSandbox()).id
})
afterAll(() => engine.stop())

const wrongValues: readonly unknown[] = [
  '/nowhere',
  '/etc/hostname',
  '/root/secret',
  `/${'long/'.repeat(2_000)}`,
  'n\0l',
  '\ud800',
  '',
  -1,
  1e300,
  null,
  [],
  {},
  true,
]

/** The present example with one field changed, for every field and wrong value. */
function* changedBodies(schema: z.ZodType | undefined, example: object): Generator<[string, object]> {
  const names = schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
  for (const name of new Set([...names, ...Object.keys(example)])) {
    for (const value of wrongValues) {
      yield [`${name} = ${JSON.stringify(value)?.slice(0, 40)}`, { ...example, [name]: value }]
    }
  }
}

/** Ids that nothing has, so that nothing is ended or removed. */
function addressOf({ path }: Operation): string {
  return path
    .replaceAll(/:(\w+)/g, (_, name: string) => (name === 'port' ? '9' : 'nothing-has-this-id'))
    .replace('*', 'x')
}

const withBody = allOperations.filter(
  ({ area, body, socket }) => area.api === 'toolbox' && body?.type === 'application/json' && !socket,
)

test.each(withBody.map((operation) => [operation.id, operation] as const))('%s', async (_, operation) => {
  const example = operation.body?.example
  if (typeof example !== 'object' || example === null) throw new Error(`${operation.id} has no example`)
  for (const [what, body] of changedBodies(operation.body?.schema, example)) {
    const answer = await engine.toolbox(sandboxId, operation.method, addressOf(operation), body)
    if (answer.status < 400) continue
    const { code, message } = answer.json<ErrorEnvelope>()
    // The example's host does not exist, which is not wrong with the changed field.
    if (code === 'GIT_TRANSPORT_FAILED') continue
    expect(answer.status, `${what}: ${message}`).toBeLessThan(500)
    expect(message, what).toMatch(/\w+ \w+/)
  }
})
