/** Terminals, their WebSockets and their recordings. */
import { z } from 'zod'
import { plainMessageSchema } from '../environment'
import { anyPtySchema } from '../plain-shapes'
import {
  createPtyRequestSchema,
  ptyClientMessageSchema,
  ptyControlSchema,
  ptyDetailSchema,
  ptyIdSchema,
  ptyRecordingListSchema,
  ptyRecordingSchema,
  ptyScreenSchema,
  ptyServerMessageSchema,
  recordingRequestSchema,
  resizePtyRequestSchema,
} from '../pty'
import { type Area, bytes, empty, json, jsonBody, operationsOf, parameter, type Socket } from './operation'

const area = {
  api: 'toolbox',
  tag: 'Terminals',
  description: 'A terminal (PTY) is a shell with a screen that several clients can use at the same time.',
} as const satisfies Area

const params = { id: parameter(z.string(), 'Id of the terminal.', { form: ptyIdSchema }) }
const recordingParams = { recording: parameter(z.string(), 'Id of the recording.') }

/** Any other value than the one that is declared counts as absent. */
const attachQuery = {
  snapshot: parameter(
    z.enum(['1']).optional().catch(undefined),
    '`1` starts with a snapshot of the screen and continues at its offset. An extension.',
  ),
  client: parameter(z.string().optional(), 'Name under which this client owns the size. An extension.', {
    form: z.string().max(100).optional(),
  }),
  mode: parameter(
    z.enum(['view']).optional().catch(undefined),
    '`view` ignores all input of this client. An extension.',
  ),
}
/** The handler reads sizes itself, because the reference words their errors. */
const sideSchema = z.coerce.number().int().min(0).max(1000).optional()

const socket = {
  description:
    'Output arrives in binary frames, control messages in text frames, and what the client sends is typed. With `snapshot=1` the text frames have the second form, and binary frames are journal frames whose offset counts the output of the terminal. A client that is too slow gets a new snapshot, which says how much it missed.',
  fromServer: z.union([ptyControlSchema, ptyServerMessageSchema]),
  fromClient: ptyClientMessageSchema,
  binary: 'From the server the output of the terminal, from the client keystrokes.',
  subprotocols: [
    'X-Daytona-SDK-Version~{version}',
    'X-Daytona-Pty-Exit-Control',
    'X-Daytona-Pty-Envs~{base64url of JSON}',
  ],
  withoutUpgrade: 'refuse',
} as const satisfies Socket

export const ptyOperations = operationsOf(area, {
  listPtys: {
    method: 'GET',
    path: '/process/pty',
    summary: 'List terminals',
    description: 'Returns the open terminals. A terminal is closed when its shell ends.',
    responses: {
      200: json(
        z.object({ sessions: z.array(ptyDetailSchema) }),
        'The terminals.',
        z.object({ sessions: z.array(anyPtySchema) }),
      ),
    },
  },
  createPty: {
    method: 'POST',
    path: '/process/pty',
    summary: 'Create a terminal',
    description: 'Starts its shell at once, or when the first client connects if `lazyStart` is true.',
    body: jsonBody(createPtyRequestSchema, 'Id and size.', {
      name: 'PTYCreateRequest',
      example: { id: 'main', cols: 120, rows: 30 },
    }),
    repeatsMessage: true,
    responses: { 201: json(z.object({ sessionId: z.string() }), 'Id of the terminal.') },
    errors: ['INVALID_REQUEST_BODY', 'BAD_REQUEST', 'CONFLICT', 'TOO_MANY_REQUESTS', 'INTERNAL_SERVER_ERROR'],
  },
  createAndConnectPty: {
    method: 'GET',
    path: '/process/pty/create-connect',
    summary: 'Create a terminal and connect to it',
    description:
      'Does both over one connection. Variables for the shell can be sent in a subprotocol, which is not sent back.',
    query: {
      id: parameter(ptyIdSchema, 'Id of the new terminal.'),
      cwd: parameter(z.string().optional(), 'Working directory of the shell.'),
      cols: parameter(sideSchema, 'Columns; 80 by default.'),
      rows: parameter(sideSchema, 'Rows; 24 by default.'),
      ...attachQuery,
    },
    responses: {},
    errors: ['CONFLICT', 'INTERNAL_SERVER_ERROR'],
    socket,
    repeatsMessage: true,
  },
  getPty: {
    method: 'GET',
    path: '/process/pty/:id',
    summary: 'Get a terminal',
    description: 'Returns its size, its state and the number of connected clients.',
    params,
    responses: { 200: json(ptyDetailSchema, 'The terminal.', anyPtySchema) },
  },
  deletePty: {
    method: 'DELETE',
    path: '/process/pty/:id',
    summary: 'Delete a terminal',
    description: 'Kills the shell and all processes below it, and disconnects the clients.',
    params,
    responses: { 200: json(plainMessageSchema, 'A confirmation.') },
  },
  resizePty: {
    method: 'POST',
    path: '/process/pty/:id/resize',
    summary: 'Resize a terminal',
    description: 'Clients that connected with a snapshot are notified at the offset at which the new size took effect.',
    params,
    body: jsonBody(resizePtyRequestSchema, 'The new size.', {
      name: 'PTYResizeRequest',
      example: { cols: 120, rows: 30 },
    }),
    repeatsMessage: true,
    responses: { 200: json(ptyDetailSchema, 'The terminal.', anyPtySchema) },
    errors: ['INVALID_REQUEST_BODY', 'BAD_REQUEST', 'GONE', 'INTERNAL_SERVER_ERROR'],
  },
  connectPty: {
    method: 'GET',
    path: '/process/pty/:id/connect',
    summary: 'Connect to a terminal',
    description: 'Several clients can be connected at the same time. All output is sent before the end is reported.',
    params,
    query: attachQuery,
    responses: {},
    socket,
    repeatsMessage: true,
  },
  getPtyScreen: {
    method: 'GET',
    path: '/process/pty/:id/screen',
    summary: 'Get the screen of a terminal',
    description: 'Returns the visible lines as text, for clients without a terminal emulator.',
    extension: true,
    params,
    responses: { 200: json(ptyScreenSchema, 'The screen.') },
  },
  recordPty: {
    method: 'POST',
    path: '/process/pty/:id/recording',
    summary: 'Start or stop a recording',
    description: 'Records the output and the size of a terminal. Keystrokes are never recorded.',
    extension: true,
    params,
    body: jsonBody(recordingRequestSchema, 'Whether to start or to stop.', {
      name: 'RecordingRequest',
      example: { action: 'start' },
    }),
    repeatsMessage: true,
    responses: {
      200: json(ptyRecordingSchema, 'The recording was stopped.'),
      201: json(ptyRecordingSchema, 'The recording was started.'),
    },
    errors: ['INVALID_REQUEST_BODY', 'CONFLICT'],
  },
  listPtyRecordings: {
    method: 'GET',
    path: '/process/pty-recording',
    summary: 'List recordings',
    description: 'Returns the recordings of all terminals, including closed ones.',
    extension: true,
    responses: { 200: json(ptyRecordingListSchema, 'The recordings.') },
  },
  getPtyRecording: {
    method: 'GET',
    path: '/process/pty-recording/:recording',
    summary: 'Get a recording',
    description: 'Returns its terminal, its start and end, and its length.',
    extension: true,
    params: recordingParams,
    responses: { 200: json(ptyRecordingSchema, 'The recording.') },
  },
  deletePtyRecording: {
    method: 'DELETE',
    path: '/process/pty-recording/:recording',
    summary: 'Delete a recording',
    description: 'Deletes the file. A recording in progress has to be stopped first.',
    extension: true,
    params: recordingParams,
    responses: { 204: empty('The recording was deleted.') },
    errors: ['CONFLICT'],
  },
  downloadPtyRecording: {
    method: 'GET',
    path: '/process/pty-recording/:recording/download',
    summary: 'Download a recording',
    description:
      'Returns the recording in the asciicast v2 format. A recording in progress is returned up to its present end. A `Range` header selects a part.',
    extension: true,
    params: recordingParams,
    responses: {
      200: bytes('The file.', 'application/x-asciicast'),
      206: bytes('The requested part.', 'application/x-asciicast'),
    },
  },
})
