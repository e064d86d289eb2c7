/** Request paths: every route, with names that exist, names that do not, and invalid names. */
import fc from 'fast-check'
import { fieldNames } from '../fields'
import type { KnownRoute } from '../routes'
import { oddText } from '../texts'
import type { World } from '../world'

/** Removes characters that would end a request line. */
function inLine(text: string): string {
  return Buffer.from(text, 'utf8')
    .toString('latin1')
    .replace(/[\0-\x20\x7f]/g, '')
}

function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

const oddSegment = fc.tuple(oddText, fc.boolean()).map(([text, raw]) => (raw ? inLine(text) : encoded(text)))

/** A value for a path parameter. */
function segment(name: string, route: KnownRoute, world: World): fc.Arbitrary<string> {
  const known = knownName(name, route, world)
  return known === undefined
    ? oddSegment
    : fc.oneof({ weight: 5, arbitrary: fc.constant(known) }, { weight: 2, arbitrary: oddSegment })
}

function knownName(name: string, { of, path }: KnownRoute, world: World): string | undefined {
  if (name !== 'id') return world.known[name]
  if (of === 'engine') return world.decoyId
  return path.startsWith('/process/pty') ? world.known.ptyId : world.known.contextId
}

export function filledPath(route: KnownRoute, world: World): fc.Arbitrary<string> {
  const parts = route.path.split('/').map((part) => {
    if (part.startsWith(':')) return segment(part.slice(1), route, world)
    return part === '*' ? oddSegment : fc.constant(part)
  })
  return fc.tuple(...parts).map((filled) => filled.join('/'))
}

const queryValue = fc.oneof(
  oddSegment,
  fc.constantFrom('1', '0', '-1', 'true', 'false', '/tmp', 'python', '2000000', '1,2', '2026-01-01T00:00:00Z'),
)

export const query: fc.Arbitrary<string> = fc.oneof(
  fc.constant(''),
  fc
    .array(fc.tuple(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...fieldNames) }, oddSegment), queryValue), {
      minLength: 1,
      maxLength: 5,
    })
    .map((pairs) => `?${pairs.map(([name, value]) => `${name}=${value}`).join('&')}`),
  fc.constantFrom('?', '??', '?&&&', '?=', '?path', '?path=%', '?path=%ZZ', `?path=${'%00'.repeat(2_000)}`),
)
