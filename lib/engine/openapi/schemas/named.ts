import type { z } from 'zod'

/** A schema with a name in the document, and descriptions of it and its fields. */
export interface NamedSchema {
  readonly name: string
  readonly schema: z.ZodType
  readonly about: string
  readonly fields: Readonly<Record<string, string>>
}

/** @param fields descriptions of the fields, by name; those of all variants if the schema has several */
export function named(
  name: string,
  schema: z.ZodType,
  about: string,
  fields: Readonly<Record<string, string>> = {},
): NamedSchema {
  return { name, schema, about, fields }
}
