/** JSON Schema (2020-12, which OpenAPI 3.1 uses) of the schemas that validate. */
import { z } from 'zod'
import { namedSchemas } from './schema-names'

export type JsonObject = { [key: string]: unknown }

/** `input`: what clients send. `output`: what they receive. */
type Direction = 'input' | 'output'

const registry = z.registry<{ id: string }>()
for (const { name, schema } of namedSchemas) registry.add(schema, { id: name })

/** Converts schemas and collects those with a name. */
export class SchemaWriter {
  private readonly components = new Map<string, JsonObject>()
  /** Many operations share a schema, such as the error envelope. */
  private readonly written = { input: new Map<z.ZodType, JsonObject>(), output: new Map<z.ZodType, JsonObject>() }

  /** @param closed whether responses must not have other fields; not for clients, because later versions add fields */
  constructor(private readonly closed: boolean) {}

  /** The schema, or a reference to it where it has a name. */
  write(schema: z.ZodType, direction: Direction): JsonObject {
    const known = this.written[direction].get(schema)
    if (known) return known
    const written = this.convert(schema, direction)
    this.written[direction].set(schema, written)
    return written
  }

  private convert(schema: z.ZodType, direction: Direction): JsonObject {
    const { properties, $defs } = z.toJSONSchema(z.object({ root: schema }), {
      metadata: registry,
      io: direction,
      target: 'draft-2020-12',
      unrepresentable: 'any',
      override: ({ jsonSchema }) => this.tidy(jsonSchema as JsonObject),
    }) as unknown as { properties: { root: JsonObject }; $defs?: Record<string, JsonObject> }
    for (const [name, definition] of Object.entries($defs ?? {})) this.add(name, atComponents(definition))
    return atComponents(properties.root)
  }

  /** All named schemas that were used so far. */
  get schemas(): Record<string, JsonObject> {
    return Object.fromEntries([...this.components].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  private add(name: string, definition: JsonObject): void {
    const known = namedSchemas.find((it) => it.name === name)
    const { id: _, ...schema } = definition
    const described: JsonObject = { title: name, ...(known ? { description: known.about } : {}), ...schema }
    if (known) addNotes(described, known.fields)
    const before = this.components.get(name)
    if (before && JSON.stringify(before) !== JSON.stringify(described)) {
      throw new Error(`the schema ${name} is sent and answered in two different forms; give each a name of its own`)
    }
    this.components.set(name, described)
  }

  /** Leave out limits that mean nothing to a reader. */
  private tidy(schema: JsonObject): void {
    if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum
    if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum
    if (!this.closed && schema.additionalProperties === false) delete schema.additionalProperties
    const names = schema.propertyNames as JsonObject | undefined
    if (names && Object.keys(names).length === 1 && names.type === 'string') delete schema.propertyNames
  }
}

function addNotes(schema: JsonObject, notes: Readonly<Record<string, string>>): void {
  for (const variant of (schema.oneOf ?? schema.anyOf ?? []) as JsonObject[]) addNotes(variant, notes)
  const properties = (schema.properties ?? {}) as Record<string, JsonObject>
  for (const [name, property] of Object.entries(properties)) {
    const note = notes[name]
    if (note !== undefined) property.description = note
  }
}

function atComponents(schema: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'))
}
