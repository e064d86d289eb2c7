import { Validator } from '@seriousme/openapi-schema-validator'
import Ajv2020 from 'ajv/dist/2020'
import addFormats from 'ajv-formats'
import { expect, test } from 'vitest'
import { errorCodeSchema } from '@/lib/process-api/errors'
import { apiDocument } from './document'
import type { JsonObject } from './json-schema'

const document = apiDocument()
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
)

test('the document is OpenAPI 3.1 by a validator that is not ours', async () => {
  const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)))
  expect(errors ?? []).toEqual([])
  expect(valid).toBe(true)
})

test('every operation has an id of its own, a summary and a description', () => {
  const ids = operations.map(({ operation }) => operation.operationId)
  expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([])
  for (const { name, operation } of operations) {
    expect(operation.operationId, name).toMatch(/^[a-z][A-Za-z0-9]+$/)
    expect(operation.summary, name).toMatch(/^[A-Z`].{3,80}[^.]$/)
    expect(operation.description, name).toMatch(/^[A-Z`][\s\S]{8,}\.$/)
  }
})

test('every reference leads somewhere', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path)
  expect(references.length).toBeGreaterThan(100)
  const at = (path: string) =>
    path.split('/').reduce<unknown>((value, part) => (value as JsonObject | undefined)?.[part], document)
  expect([...new Set(references)].filter((path) => at(path) === undefined)).toEqual([])
})

test('the error envelope names the closed set of codes', () => {
  const { properties } = document.components.schemas.Error as { properties: { code: JsonObject } }
  expect(properties.code.enum).toEqual(errorCodeSchema.options)
})

test('every example is what its schema allows', () => {
  const ajv = new Ajv2020({ strict: false })
  addFormats(ajv)
  ajv.addSchema(document, 'document')
  let checked = 0
  for (const { name, at, value } of examplesOf(document, '#')) {
    const validate = ajv.compile({ $ref: `document${at}/schema` })
    expect(validate(value), `${name}: ${ajv.errorsText(validate.errors)}`).toBe(true)
    checked += 1
  }
  expect(checked).toBeGreaterThan(25)
})

test('every refusal says what it refuses and with which status', () => {
  const refused = operations.filter(({ operation }) => operation['x-sandglass-refusal'])
  expect(refused.length).toBeGreaterThan(10)
  for (const { name, operation } of refused) {
    const { status, message } = operation['x-sandglass-refusal'] as { status: number; message: string }
    const responses = operation.responses as Record<string, { description: string }>
    expect(responses[status]?.description, name).toContain(message)
    expect(
      Object.keys(responses).some((it) => it.startsWith('2')),
      name,
    ).toBe(false)
  }
})

/** Every `example` that stands beside a `schema`, with a JSON pointer to where both are. */
function* examplesOf(value: unknown, at: string): Iterable<{ name: string; at: string; value: unknown }> {
  if (typeof value !== 'object' || value === null) return
  if ('example' in value && 'schema' in value) yield { name: at, at, value: value.example }
  for (const [key, inner] of Object.entries(value)) {
    yield* examplesOf(inner, `${at}/${encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))}`)
  }
}
