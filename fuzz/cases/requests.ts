/** Well-formed HTTP requests with invalid contents, to every route. */
import fc from 'fast-check'
import { type ExchangeCase, requestBytes } from '../exchange-case'
import { objects } from '../fields'
import type { KnownRoute } from '../routes'
import { damaged, oddDocument, oddText, oddValue } from '../texts'
import type { World } from '../world'
import { headersFor } from './headers'
import { filledPath, query } from './paths'

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'PURGE']

/** Commands that end soon, whatever else is wrong with the request. */
const plausible = [
  'true',
  'echo ok',
  'exit 3',
  'kill -9 $$',
  'head -c 200000 /dev/zero',
  '/tmp',
  'python',
  'sh',
  0,
  1,
  80,
]

/** Fields of one object of the contract, some with plausible values. */
function fields(world: World): fc.Arbitrary<Buffer> {
  const value = fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom<unknown>(...plausible, ...Object.values(world.known)) },
    { weight: 3, arbitrary: oddValue },
  )
  return fc
    .constantFrom(...objects.filter((names) => names.length > 0))
    .chain((names) =>
      fc.tuple(...names.map((name) => fc.tuple(fc.constant(name), fc.option(value, { freq: 3, nil: undefined })))),
    )
    .map((pairs) => Buffer.from(JSON.stringify(Object.fromEntries(pairs))))
}

export function bodyFor(world: World): fc.Arbitrary<Buffer> {
  const known = fields(world)
  return fc.oneof(
    { weight: 5, arbitrary: known },
    { weight: 2, arbitrary: damaged(known) },
    { weight: 3, arbitrary: oddDocument },
    { weight: 1, arbitrary: oddText.map((text) => Buffer.from(text)) },
  )
}

/** A request to one route, through the engine or directly to the toolbox. */
function requestTo(route: KnownRoute, world: World): fc.Arbitrary<ExchangeCase> {
  const method = fc.oneof(
    { weight: 8, arbitrary: fc.constant(route.method === 'ANY' ? 'GET' : route.method) },
    { weight: 1, arbitrary: fc.constantFrom(...methods) },
  )
  const direct = route.of === 'toolbox' ? fc.boolean() : fc.constant(false)
  return fc
    .record({
      method,
      direct,
      path: filledPath(route, world),
      query,
      headers: headersFor(world),
      body: fc.option(bodyFor(world), { freq: 5, nil: undefined }),
    })
    .map(({ method, direct, path, query, headers, body }): ExchangeCase => {
      // The engine's proxy keeps its connections alive too.
      const kept = direct ? headers.filter(([name]) => name !== 'Connection') : headers
      const prefix = route.of === 'toolbox' && !direct ? `/toolbox/${world.sandboxId}` : ''
      const length = body && method !== 'GET' ? ([['Content-Length', String(body.length)]] as const) : []
      return {
        kind: 'request',
        title: `${method} ${route.path}`,
        to: direct ? 'toolbox' : 'engine',
        writes: [
          requestBytes(method, prefix + path + query, [...kept, ...length], length.length > 0 ? body : undefined),
        ],
        end: 'answer',
        isWhole: true,
        hasNoBody: method === 'HEAD',
      }
    })
}

export function requests(routes: readonly KnownRoute[], world: World): fc.Arbitrary<ExchangeCase> {
  return fc.oneof(...routes.filter(({ kind }) => kind === 'http').map((route) => requestTo(route, world)))
}
