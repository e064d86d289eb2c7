/** The parts of the API: what stands before their paths, who may ask, and how any of their routes can fail. */

import { z } from 'zod'
import type { ErrorCode } from '@/lib/process-api/errors'
import { sandboxIdSchema } from '@/lib/process-api/ids'
import { previewCookiePrefix, previewTokenHeader, previewTokenQuery } from '@/lib/process-api/previews'
import { controlPlaneGroups } from './control-plane/groups'
import type { JsonObject } from './json-schema'
import type { OperationGroup, Parameter } from './operation'
import { previewGroups } from './previews'
import { toolboxGroups } from './toolbox/groups'

export interface Part {
  readonly name: 'control plane' | 'toolbox' | 'previews'
  readonly groups: readonly OperationGroup[]
  /** Before each path, with its own parameters. */
  readonly prefix: string
  readonly params: Readonly<Record<string, Parameter>>
  /** Taken by every route. */
  readonly headers: Readonly<Record<string, Parameter>>
  /** Names of security schemes, any of which is enough. */
  readonly credentials: readonly string[]
  readonly errors: readonly ErrorCode[]
  /** Where its paths are found, if not at the engine's own address. */
  readonly servers?: readonly JsonObject[]
}

const skipActivity: Parameter = {
  schema: z.enum(['true']),
  about: 'With `true` the request does not count as use of the sandbox, so that it can still stop by itself.',
}
const sdkVersion: Parameter = {
  schema: z.string(),
  about:
    'The version of the SDK that asks. The form of logs and of outputs of sessions depends on it; without it both streams come as one.',
  example: '0.216.0',
}

export const parts: readonly Part[] = [
  {
    name: 'control plane',
    groups: controlPlaneGroups,
    prefix: '',
    params: {},
    headers: {},
    credentials: ['ApiKey'],
    errors: ['UNAUTHORIZED'],
  },
  {
    name: 'toolbox',
    groups: toolboxGroups,
    prefix: '/toolbox/:sandboxId',
    params: { sandboxId: { schema: sandboxIdSchema, about: 'The id of a sandbox; its name does not do here.' } },
    headers: { 'X-Daytona-SDK-Version': sdkVersion, 'X-Daytona-Skip-Last-Activity-Update': skipActivity },
    credentials: ['ApiKey', 'PreviewToken', 'PreviewTokenInQuery'],
    errors: ['UNAUTHORIZED', 'NOT_FOUND', 'CONFLICT', 'BAD_GATEWAY', 'SERVICE_UNAVAILABLE'],
  },
  {
    name: 'previews',
    groups: previewGroups,
    prefix: '',
    params: {},
    headers: { 'X-Daytona-Skip-Last-Activity-Update': skipActivity },
    credentials: ['ApiKey', 'PreviewToken', 'PreviewTokenInQuery', 'PreviewCookie'],
    errors: ['UNAUTHORIZED', 'NOT_FOUND', 'CONFLICT', 'BAD_GATEWAY', 'SERVICE_UNAVAILABLE'],
    servers: [
      {
        url: 'http://{port}-{sandbox}.{domain}',
        description: 'The address of one port of one sandbox.',
        variables: {
          port: { default: '8000', description: 'The port, 1 to 65535.' },
          sandbox: {
            default: '00000000-0000-4000-8000-000000000000',
            description: 'The id of the sandbox, or a signed token.',
          },
          domain: {
            default: 'localhost:3986',
            description: 'The name under which the engine is reached, and its port.',
          },
        },
      },
    ],
  },
]

/** The forms in which a client can show that it may ask (process API 1.2, 5.11). */
export const securitySchemes: Record<string, JsonObject> = {
  ApiKey: {
    type: 'http',
    scheme: 'bearer',
    description: 'The key of the engine, which stands in `connection.json` in its data folder.',
  },
  PreviewToken: {
    type: 'apiKey',
    in: 'header',
    name: previewTokenHeader,
    description: 'The token of one sandbox, which `preview-url` tells. It changes at each start.',
  },
  PreviewTokenInQuery: {
    type: 'apiKey',
    in: 'query',
    name: previewTokenQuery,
    description: 'The same token in the address, for browsers, which cannot send headers with a WebSocket.',
  },
  PreviewCookie: {
    type: 'apiKey',
    in: 'cookie',
    name: `${previewCookiePrefix}{sandbox}`,
    description:
      'Set when a preview was opened with a token or a signed link. It counts for an hour, on that host alone.',
  },
  FileSignature: {
    type: 'apiKey',
    in: 'query',
    name: 'signature',
    description:
      'A signature made with the signing key of the sandbox, beside `expires` in Unix seconds. It is for one file and one method.',
  },
}
