/** Health, settings, documentation and events of an engine. */
import { z } from 'zod'
import { engineConfigSchema, healthResponseSchema } from '../engine-info'
import { engineEventSchema } from '../extensions'
import { sandboxDtoSchema } from '../sandbox'
import { type Area, bytes, json, operationsOf, parameter } from './operation'

const area = {
  api: 'control-plane',
  tag: 'Engine',
  description: 'Health, settings, documentation and events of the engine.',
} as const satisfies Area

const health = {
  method: 'GET',
  open: true,
  responses: { 200: json(healthResponseSchema, 'The engine is healthy.') },
} as const

export const engineOperations = operationsOf(area, {
  getHealth: {
    ...health,
    path: '/health',
    summary: 'Check whether the engine is healthy',
    description: 'For health checks and monitoring.',
  },
  getApiHealth: {
    ...health,
    path: '/api/health',
    summary: 'Check whether the control plane is healthy',
    description: 'The same as `getHealth`, below `/api`.',
  },
  getApiReady: {
    ...health,
    path: '/api/health/ready',
    summary: 'Check whether the control plane is ready',
    description: 'Responds once the engine has loaded all sandboxes.',
  },
  getConfig: {
    method: 'GET',
    path: '/api/config',
    summary: 'Get the settings for clients',
    description:
      'Returns the addresses of toolboxes and previews, as the caller reaches them. There are no user accounts.',
    open: true,
    responses: { 200: json(engineConfigSchema, 'The settings.') },
  },
  getApiDocument: {
    method: 'GET',
    path: '/openapi.json',
    summary: 'Get this document',
    description: 'OpenAPI 3.1, generated from the same declarations that the engine parses requests with.',
    extension: true,
    open: true,
    responses: { 200: json(z.looseObject({ openapi: z.string() }), 'The document.') },
  },
  getDocs: {
    method: 'GET',
    path: '/docs',
    summary: 'Get this document as a page',
    description: 'The page loads nothing from elsewhere, and each operation has its own link.',
    extension: true,
    open: true,
    responses: { 200: bytes('The page.', 'text/html') },
  },
  followEvents: {
    method: 'GET',
    path: '/api/events',
    summary: 'Subscribe to the events of all sandboxes',
    description:
      'One connection for sandboxes, sessions, commands, runs, contexts and terminals. A new subscriber first gets an event for everything that exists.',
    extension: true,
    responses: {},
    socket: {
      description: 'Each text frame is one event.',
      fromServer: engineEventSchema,
      withoutUpgrade: 'not-found',
    },
  },
  /** Socket.IO serves it. */
  followSandboxStates: {
    method: 'GET',
    path: '/api/socket.io/',
    summary: 'Subscribe to sandbox states over Socket.IO',
    description:
      'The official SDKs wait for sandboxes with it. Speaks Socket.IO 4 over WebSocket only. The key is sent in the connect packet, as `{ "token": "…" }`, and a wrong key is refused there.',
    open: true,
    query: {
      EIO: parameter(z.literal('4'), 'Version of the transport.'),
      transport: parameter(z.literal('websocket'), 'The only transport.'),
    },
    responses: {},
    socket: {
      description:
        'Events: `sandbox.created` with a sandbox; `sandbox.state.updated` with `sandbox`, `oldState` and `newState`; `sandbox.desired-state.updated` with `sandbox`, `oldDesiredState` and `newDesiredState`.',
      fromServer: sandboxDtoSchema,
      withoutUpgrade: 'not-found',
    },
  },
})
