/** The OpenAPI 3.1 document of everything that the engine answers. */
import { contractVersion } from '@/lib/process-api/engine-info'
import { allOperations } from '@/lib/process-api/operations/all-operations'
import type { Operation } from '@/lib/process-api/operations/operation'
import { type JsonObject, SchemaWriter } from './json-schema'
import { OperationWriter, templateOf } from './operation-writer'
import { securitySchemes } from './part'

export interface ApiDocument {
  readonly openapi: string
  readonly info: JsonObject
  readonly servers: readonly JsonObject[]
  readonly tags: readonly { name: string; description: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonObject>>>>
  readonly components: Readonly<
    Record<'parameters' | 'responses' | 'schemas' | 'securitySchemes', Record<string, JsonObject>>
  >
}

/** An operation with any method is written once for each of these. */
const anyMethod = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** @param closed for tests: a response with a field that is not described does not match its schema */
export function apiDocument({ closed = false } = {}): ApiDocument {
  const schemas = new SchemaWriter(closed)
  const writer = new OperationWriter(schemas)
  const paths: Record<string, Record<string, JsonObject>> = {}
  for (const operation of allOperations) {
    const template = templateOf(operation)
    paths[template] ??= {}
    if (operation.method === 'ANY') {
      for (const method of anyMethod) {
        const written = writer.write(withMethod(operation, method))
        paths[template][method.toLowerCase()] = { ...written, 'x-sandglass-any-method': true }
      }
    } else paths[template][operation.method.toLowerCase()] = writer.write(operation)
  }
  const areas = new Set(allOperations.map(({ area }) => area))
  return {
    openapi: '3.1.1',
    info: {
      title: 'Sandglass engine',
      version: contractVersion,
      summary: 'Sandboxes, and what runs in them, on one machine.',
      description: introduction,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The engine that this document comes from.' }],
    tags: [...areas].map(({ tag, description }) => ({ name: tag, description })),
    paths,
    components: {
      parameters: writer.commonParameters(),
      responses: writer.commonResponses(),
      schemas: schemas.schemas,
      securitySchemes,
    },
  }
}

function withMethod(operation: Operation, method: (typeof anyMethod)[number]): Operation {
  if (method === 'GET') return { ...operation, method }
  const { id, tunnel: _tunnel, ...rest } = operation
  const name = `${id}${method.charAt(0)}${method.slice(1).toLowerCase()}`
  return { ...rest, method, id: name, description: `Like \`${id}\`, with another method.` }
}

const introduction = `The engine runs sandboxes and serves their process API. The control plane is below \`/api\`. Each sandbox has a toolbox below \`/toolbox/{sandboxId}\`, with its commands, sessions, terminals, interpreters and files.

Operations that are marked as extensions are not part of the contract that the official SDKs use. Read \`/toolbox/{sandboxId}/capabilities\` before you use them with another deployment. Operations that are marked as refused are part of that contract, but have no meaning on one machine: they always return an error that names the alternative.

Bodies are JSON, whatever their content type is. Names of fields are matched in any case, and unknown fields are ignored. Every error is an envelope whose code belongs to a closed set.`
