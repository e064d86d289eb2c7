/** Schemas for people: the type in words, and the fields of an object as a list. */
import type { JsonObject } from '../json-schema'
import { Html, html, withCode } from './html'

/** A type in a few words. Named types are links. */
export function typeOf(schema: JsonObject): Html {
  if (typeof schema.$ref === 'string') return linkTo(schema.$ref)
  if (Array.isArray(schema.enum)) return alternatives(schema.enum.map(literal))
  if ('const' in schema) return literal(schema.const)
  const variants = (schema.anyOf ?? schema.oneOf) as JsonObject[] | undefined
  if (variants) return alternatives(variants.map(typeOf))
  if (Array.isArray(schema.type)) return alternatives(schema.type.map((type) => html`${nameOf(type)}`))
  if (schema.type === 'array') return html`list of ${schema.items ? typeOf(schema.items as JsonObject) : 'anything'}`
  if (schema.type === 'object' && typeof schema.additionalProperties === 'object' && !schema.properties) {
    return html`map of text to ${typeOf(schema.additionalProperties as JsonObject)}`
  }
  return html`${nameOf(schema.type, schema.format)}`
}

/** The limits of a value. */
export function limitsOf(schema: JsonObject): Html | null {
  const said = [
    schema.minimum !== undefined && `from ${schema.minimum}`,
    schema.exclusiveMinimum !== undefined && `above ${schema.exclusiveMinimum}`,
    schema.maximum !== undefined && `up to ${schema.maximum}`,
    schema.minLength !== undefined && `at least ${schema.minLength} characters`,
    schema.maxLength !== undefined && `at most ${schema.maxLength} characters`,
    schema.minItems !== undefined && `at least ${schema.minItems}`,
    schema.default !== undefined && !isEmptyList(schema.default) && `default ${JSON.stringify(schema.default)}`,
  ].filter((text) => text !== false)
  const pattern = typeof schema.pattern === 'string' && schema.format === undefined ? schema.pattern : null
  if (said.length === 0 && pattern === null) return null
  return html`<span class="limits">${said.join(', ')}${pattern && html` <code>${pattern}</code>`}</span>`
}

/** The fields of an object, of each variant of a union, or of the items of a list; null where there are none. */
export function fieldsOf(schema: JsonObject): Html | null {
  const variants = (schema.oneOf ?? schema.anyOf) as JsonObject[] | undefined
  if (variants?.some((it) => it.properties)) {
    return html`${variants.map((it, i) => html`${i > 0 && html`<p class="or">or</p>`}${fieldsOf(it) ?? typeOf(it)}`)}`
  }
  if (schema.type === 'array' && schema.items) return fieldsOf(schema.items as JsonObject)
  const properties = Object.entries((schema.properties ?? {}) as Record<string, JsonObject>)
  if (properties.length === 0) return null
  const required = new Set((schema.required ?? []) as string[])
  return html`<dl class="fields">${properties.map(([name, property]) => field(name, property, required.has(name)))}</dl>`
}

/** One named value: a field of an object, or a parameter. */
export function field(name: string, schema: JsonObject, required: boolean, place?: string, about?: unknown): Html {
  const text = about ?? schema.description
  return html`<div>
<dt><code>${name}</code> <span class="type">${typeOf(schema)}</span>${place && html` <span class="place">${place}</span>`}${required && html` <span class="required">required</span>`}</dt>
<dd>${typeof text === 'string' && html`<p>${withCode(text)}</p>`}${limitsOf(schema)}${inner(schema)}</dd>
</div>`
}

/** Fields of an object without a name of its own, below the field that holds it. */
function inner(schema: JsonObject): Html | null {
  return schema.$ref === undefined ? fieldsOf(schema) : null
}

function linkTo(reference: string): Html {
  const name = reference.slice(reference.lastIndexOf('/') + 1)
  return html`<a href="#schema-${name}">${name}</a>`
}

function literal(value: unknown): Html {
  return html`<code>${JSON.stringify(value)}</code>`
}

/** A union of many is as readable as its longest part. */
function alternatives(parts: readonly Html[]): Html {
  return new Html(parts.map(({ text }) => text).join(' or '))
}

function nameOf(type: unknown, format?: unknown): string {
  if (format === 'binary') return 'file'
  const names: Record<string, string> = { string: 'text', integer: 'whole number', boolean: 'true or false' }
  const name = typeof type === 'string' ? (names[type] ?? type) : 'anything'
  return typeof format === 'string' ? `${name} (${format})` : name
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0
}
