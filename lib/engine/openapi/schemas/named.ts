import type { z } from 'zod'

/** A schema with a name in the document, what it is, and what its fields mean. */
export interface NamedSchema {
  readonly name: string
  readonly schema: z.ZodType
  readonly about: string
  readonly fields: Readonly<Record<string, string>>
}

/** @param fields what the fields mean, by name; those of all variants where the schema has several */
export function named(
  name: string,
  schema: z.ZodType,
  about: string,
  fields: Readonly<Record<string, string>> = {},
): NamedSchema {
  return { name, schema, about, fields }
}
