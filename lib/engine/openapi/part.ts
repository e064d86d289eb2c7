/** The three APIs of an engine: their addresses, their credentials, and how any of their operations can fail. */

import { z } from 'zod'
import type { ErrorCode } from '@/lib/process-api/errors'
import { engineSandboxIdSchema } from '@/lib/process-api/ids'
import { type Api, type Parameter, parameter } from '@/lib/process-api/operations/operation'
import { previewCookiePrefix, previewTokenHeader, previewTokenQuery } from '@/lib/process-api/previews'
import type { JsonObject } from './json-schema'

export interface Part {
  /** Before each path, with its own parameters. */
  readonly prefix: string
  readonly params: Readonly<Record<string, Parameter>>
  /** Headers that every operation accepts. */
  readonly headers: Readonly<Record<string, Parameter>>
  /** Names of security schemes, of which a request needs one. */
  readonly credentials: readonly string[]
  readonly errors: readonly ErrorCode[]
  /** Where its paths are, if not at the address of the engine. */
  readonly servers?: readonly JsonObject[]
}

const skipActivity = parameter(
  z.enum(['true']),
  '`true` keeps the request from counting as activity, so that the sandbox can still stop automatically.',
)
const sdkVersion = parameter(
  z.string(),
  'Version of the SDK. It determines the form of logs and of the output of sessions; without it both streams are merged.',
  { example: '0.216.0' },
)

export const parts: Readonly<Record<Api, Part>> = {
  'control-plane': {
    prefix: '',
    params: {},
    headers: {},
    credentials: ['ApiKey'],
    errors: ['UNAUTHORIZED'],
  },
  toolbox: {
    prefix: '/toolbox/:sandboxId',
    params: { sandboxId: parameter(engineSandboxIdSchema, 'Id of the sandbox. Its name is not accepted here.') },
    headers: { 'X-Daytona-SDK-Version': sdkVersion, 'X-Daytona-Skip-Last-Activity-Update': skipActivity },
    credentials: ['ApiKey', 'PreviewToken', 'PreviewTokenInQuery'],
    errors: ['UNAUTHORIZED', 'NOT_FOUND', 'CONFLICT', 'BAD_GATEWAY', 'SERVICE_UNAVAILABLE'],
  },
  preview: {
    prefix: '',
    params: {},
    headers: { 'X-Daytona-Skip-Last-Activity-Update': skipActivity },
    credentials: ['ApiKey', 'PreviewToken', 'PreviewTokenInQuery', 'PreviewCookie'],
    errors: ['UNAUTHORIZED', 'NOT_FOUND', 'CONFLICT', 'BAD_GATEWAY', 'SERVICE_UNAVAILABLE'],
    servers: [
      {
        url: 'http://{port}-{sandbox}.{domain}',
        description: 'Address of a port of a sandbox.',
        variables: {
          port: { default: '8000', description: 'The port, 1 to 65535.' },
          sandbox: {
            default: '00000000-0000-4000-8000-000000000000',
            description: 'Id of the sandbox, or a signed token.',
          },
          domain: { default: 'localhost:3986', description: 'Host name and port of the engine.' },
        },
      },
    ],
  },
}

/** The credentials of clients (process API 1.2, 5.11). */
export const securitySchemes: Record<string, JsonObject> = {
  ApiKey: {
    type: 'http',
    scheme: 'bearer',
    description: 'Key of the engine. It is in `connection.json` in the data directory.',
  },
  PreviewToken: {
    type: 'apiKey',
    in: 'header',
    name: previewTokenHeader,
    description: 'Token of one sandbox, from `getPreviewUrl`. It changes at each start of the sandbox.',
  },
  PreviewTokenInQuery: {
    type: 'apiKey',
    in: 'query',
    name: previewTokenQuery,
    description: 'The same token in the query, because browsers cannot send headers with a WebSocket.',
  },
  PreviewCookie: {
    type: 'apiKey',
    in: 'cookie',
    name: `${previewCookiePrefix}{sandbox}`,
    description: 'Set when a preview is opened with a token or a signed link. Valid for one hour, on this host only.',
  },
  FileSignature: {
    type: 'apiKey',
    in: 'query',
    name: 'signature',
    description:
      'Signature with the signing key of the sandbox, together with `expires` in Unix seconds. Valid for one file and one method.',
  },
}
