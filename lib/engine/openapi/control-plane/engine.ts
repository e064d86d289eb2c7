/** What the engine says about itself, and its streams of events. */
import { z } from 'zod'
import { engineConfigSchema, healthAnswerSchema } from '@/lib/process-api/engine-info'
import { engineEventSchema } from '@/lib/process-api/extensions'
import { sandboxDtoSchema } from '@/lib/process-api/sandbox'
import { bytes, json, type Operation, type OperationGroup } from '../operation'

const health: Pick<Operation, 'open' | 'answers'> = {
  open: true,
  answers: { 200: json(healthAnswerSchema, 'It works.') },
}

export const engineGroup: OperationGroup = {
  tag: 'Engine',
  about: 'What the engine says about itself, and what it tells as it happens.',
  params: {},
  operations: {
    'GET /health': {
      ...health,
      id: 'getHealth',
      summary: 'Whether the engine works',
      about: 'For whoever watches it.',
    },
    'GET /api/health': {
      ...health,
      id: 'getApiHealth',
      summary: 'Whether the control plane works',
      about: 'The same answer below `/api`.',
    },
    'GET /api/health/ready': {
      ...health,
      id: 'getApiReady',
      summary: 'Whether the control plane takes requests',
      about: 'It answers once every sandbox of the data folder is known.',
    },
    'GET /api/config': {
      id: 'getConfig',
      summary: 'Addresses and settings that clients ask for',
      about: 'Where toolboxes and previews are found, as seen by whoever asks. Nobody signs in here with an account.',
      open: true,
      answers: { 200: json(engineConfigSchema, 'The settings.') },
    },
    'GET /openapi.json': {
      id: 'getApiDocument',
      summary: 'This document',
      about: 'OpenAPI 3.1, made from the schemas that the routes check with.',
      extension: true,
      open: true,
      answers: { 200: json(z.looseObject({ openapi: z.string() }), 'The document.') },
    },
    'GET /docs': {
      id: 'getDocs',
      summary: 'This document as a page',
      about: 'Loads nothing from anywhere else, and each operation has a link of its own.',
      extension: true,
      open: true,
      answers: { 200: bytes('The page.', 'text/html') },
    },
    'GET /api/events': {
      id: 'followEvents',
      summary: 'Changes in all sandboxes, as they happen',
      about:
        'One connection for everything that the engine knows: sandboxes, sessions, commands, runs, contexts, terminals. On joining, what is known is told once.',
      extension: true,
      answers: {},
      socket: { about: 'One event in each text frame.', fromServer: engineEventSchema, plain: 'none' },
    },
    'GET /api/socket.io/': {
      id: 'followSandboxStates',
      summary: 'Changes of sandboxes over Socket.IO',
      about:
        'What the official SDKs wait with. Speaks Socket.IO 4 over WebSocket alone. The key is given in the connect packet, as `{ "token": "…" }`; a wrong one is answered there.',
      open: true,
      query: z.object({ EIO: z.literal('4'), transport: z.literal('websocket') }),
      queryNotes: { EIO: 'Version of the transport.', transport: 'There is one.' },
      answers: {},
      socket: {
        about:
          'Events: `sandbox.created` with a sandbox; `sandbox.state.updated` with `sandbox`, `oldState` and `newState`; `sandbox.desired-state.updated` with `sandbox`, `oldDesiredState` and `newDesiredState`.',
        fromServer: sandboxDtoSchema,
        plain: 'none',
      },
    },
  },
}
