/** The OpenAPI 3.1 document of everything that the engine answers. */
import { contractVersion } from '../toolbox/routes/info'
import { type JsonObject, SchemaWriter } from './json-schema'
import type { Operation } from './operation'
import { type Described, OperationWriter, templateOf } from './operation-writer'
import { parts, securitySchemes } from './part'

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

/** The methods that stand for all where a route takes any. */
const anyMethod = ['get', 'post', 'put', 'patch', 'delete'] as const

/** Every route that is described, in the order in which it is shown. */
export function* describedRoutes(): Iterable<Described> {
  for (const part of parts) {
    for (const group of part.groups) {
      for (const [key, operation] of Object.entries(group.operations)) {
        if (!operation) continue
        const [method = '', path = ''] = key.split(' ')
        yield { part, group, operation, method, path }
      }
    }
  }
}

/** @param closed in which no answer may hold a field that is not described: for tests of real answers */
export function apiDocument({ closed = false } = {}): ApiDocument {
  const schemas = new SchemaWriter(closed)
  const writer = new OperationWriter(schemas)
  const paths: Record<string, Record<string, JsonObject>> = {}
  for (const described of describedRoutes()) {
    const template = templateOf(described)
    paths[template] ??= {}
    if (described.method === 'ANY') {
      for (const method of anyMethod) {
        paths[template][method] = { ...writer.write(forMethod(described, method)), 'x-sandglass-any-method': true }
      }
    } else paths[template][described.method.toLowerCase()] = writer.write(described)
  }
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
    tags: parts.flatMap(({ groups }) => groups.map(({ tag, about }) => ({ name: tag, description: about }))),
    paths,
    components: {
      parameters: writer.commonParameters(parts),
      responses: writer.commonResponses(),
      schemas: schemas.schemas,
      securitySchemes,
    },
  }
}

function forMethod(described: Described, method: (typeof anyMethod)[number]): Described {
  if (method === 'get') return described
  const { id, socket: _socket, tunnel: _tunnel, ...rest } = described.operation
  const name = `${id}${method.charAt(0).toUpperCase()}${method.slice(1)}`
  const operation: Operation = { ...rest, id: name, about: `As \`${id}\`, whatever the method.` }
  return { ...described, method: method.toUpperCase(), operation }
}

const introduction = `The engine keeps sandboxes and answers for them. The control plane is below \`/api\`; each sandbox has a toolbox below \`/toolbox/{sandboxId}\`, where its commands, sessions, terminals, interpreters and files are.

Operations marked as extensions go beyond the contract that the official SDKs speak. Ask \`/toolbox/{sandboxId}/capabilities\` before you use them with another deployment. Operations marked as refused exist in that contract, and have no meaning on one machine: they always answer with a sentence that says what there is instead.

Bodies are JSON whatever their content type says. Names of fields count in any case, and fields that nobody knows are ignored. Every failure is an envelope with a code out of a closed set.`
