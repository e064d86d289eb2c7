/** Terminals, their sockets and recordings. */
import { z } from 'zod'
import { plainMessageSchema } from '@/lib/process-api/environment'
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
} from '@/lib/process-api/pty'
import { bytes, empty, json, type OperationGroup, type SocketDescription } from '../operation'

const attachQuerySchema = z.object({
  snapshot: z.enum(['1']).optional(),
  client: z.string().max(100).optional(),
  mode: z.enum(['view']).optional(),
})
const attachNotes = {
  snapshot: '1: begin with the exact screen and go on at its offset. An extension.',
  client: 'The name under which this client owns the size. An extension.',
  mode: '`view`: nothing that is sent counts. An extension.',
}
const sideSchema = z.coerce.number().int().min(0).max(1000).optional()

const socket: SocketDescription = {
  about:
    'What the terminal prints arrives as binary frames, control messages as text frames; what is sent is typed. With `snapshot=1` the text frames are of the second form, and binary frames are journal frames whose offset counts the output of the terminal. A client that is too slow is told what it missed.',
  fromServer: z.union([ptyControlSchema, ptyServerMessageSchema]),
  fromClient: ptyClientMessageSchema,
  binary: 'To the client the bytes of the terminal, from the client keystrokes.',
  subprotocols: [
    'X-Daytona-SDK-Version~{version}',
    'X-Daytona-Pty-Exit-Control',
    'X-Daytona-Pty-Envs~{base64url of JSON}',
  ],
  plain: 'refused',
}

const size = { cols: 'Columns; 80 where it is 0 or left out.', rows: 'Rows; 24 where it is 0 or left out.' }

export const ptyGroup: OperationGroup = {
  tag: 'Terminals',
  about: 'A terminal (PTY) is a shell with a screen, which several people can see and use at once.',
  params: {
    id: { schema: ptyIdSchema, about: 'The id of the terminal.' },
    recording: { schema: z.string(), about: 'The id of the recording.' },
  },
  operations: {
    'GET /process/pty': {
      id: 'listPtys',
      summary: 'The terminals',
      about: 'Those that are open; one whose shell ended is not listed any more.',
      answers: { 200: json(z.object({ sessions: z.array(ptyDetailSchema) }), 'The terminals.') },
    },
    'POST /process/pty': {
      id: 'createPty',
      summary: 'Create a terminal',
      about: 'Starts a shell in it at once, or with `lazyStart` when the first client attaches.',
      body: json(createPtyRequestSchema, 'Id and size.', { id: 'main', cols: 120, rows: 30 }),
      answers: { 201: json(z.object({ sessionId: z.string() }), 'The id.') },
      errors: ['INVALID_REQUEST_BODY', 'BAD_REQUEST', 'CONFLICT', 'TOO_MANY_REQUESTS', 'INTERNAL_SERVER_ERROR'],
    },
    'GET /process/pty/create-connect': {
      id: 'createAndConnectPty',
      summary: 'Create a terminal and attach to it',
      about: 'Both in one connection. Variables of its shell may come in a subprotocol, which is not told to others.',
      query: z.object({
        id: ptyIdSchema,
        cwd: z.string().optional(),
        cols: sideSchema,
        rows: sideSchema,
        ...attachQuerySchema.shape,
      }),
      queryNotes: { id: 'The id of the new terminal.', cwd: 'Where its shell starts.', ...size, ...attachNotes },
      answers: {},
      errors: ['CONFLICT', 'INTERNAL_SERVER_ERROR'],
      socket,
    },
    'GET /process/pty/:id': {
      id: 'getPty',
      summary: 'One terminal',
      about: 'Its size, whether its shell runs, and who is attached.',
      answers: { 200: json(ptyDetailSchema, 'The terminal.') },
    },
    'DELETE /process/pty/:id': {
      id: 'deletePty',
      summary: 'End a terminal',
      about: 'Kills its shell and everything below it; attached clients are told.',
      answers: { 200: json(plainMessageSchema, 'A sentence.') },
    },
    'POST /process/pty/:id/resize': {
      id: 'resizePty',
      summary: 'Change the size of a terminal',
      about: 'Everybody who is attached with a snapshot is told where in the output it took effect.',
      body: json(resizePtyRequestSchema, 'The size.', { cols: 120, rows: 30 }),
      answers: { 200: json(ptyDetailSchema, 'The terminal as it is now.') },
      errors: ['INVALID_REQUEST_BODY', 'BAD_REQUEST', 'GONE', 'INTERNAL_SERVER_ERROR'],
    },
    'GET /process/pty/:id/connect': {
      id: 'connectPty',
      summary: 'Attach to a terminal',
      about: 'Several clients may be attached at once. Its output is sent to the last byte before its end is told.',
      query: attachQuerySchema,
      queryNotes: attachNotes,
      answers: {},
      socket,
    },
    'GET /process/pty/:id/screen': {
      id: 'getPtyScreen',
      summary: 'What a terminal shows',
      about: 'The visible lines as text, for people and programs that have no terminal.',
      extension: true,
      answers: { 200: json(ptyScreenSchema, 'The screen.') },
    },
    'POST /process/pty/:id/recording': {
      id: 'recordPty',
      summary: 'Start or stop a recording',
      about: 'Records what a terminal prints and its sizes from now on. What is typed is never recorded.',
      extension: true,
      body: json(recordingRequestSchema, 'Which of the two.', { action: 'start' }),
      answers: {
        200: json(ptyRecordingSchema, 'The recording that was stopped.'),
        201: json(ptyRecordingSchema, 'The recording that began.'),
      },
      errors: ['INVALID_REQUEST_BODY', 'CONFLICT'],
    },
    'GET /process/pty-recording': {
      id: 'listPtyRecordings',
      summary: 'The recordings',
      about: 'Of all terminals, also of those that are gone.',
      extension: true,
      answers: { 200: json(ptyRecordingListSchema, 'The recordings.') },
    },
    'GET /process/pty-recording/:recording': {
      id: 'getPtyRecording',
      summary: 'One recording',
      about: 'Which terminal, from when to when, and how long it is.',
      extension: true,
      answers: { 200: json(ptyRecordingSchema, 'The recording.') },
    },
    'DELETE /process/pty-recording/:recording': {
      id: 'deletePtyRecording',
      summary: 'Delete a recording',
      about: 'Removes its file for good.',
      extension: true,
      answers: { 204: empty('It is gone.') },
      errors: ['CONFLICT'],
    },
    'GET /process/pty-recording/:recording/download': {
      id: 'downloadPtyRecording',
      summary: 'A recording as a file',
      about: 'In asciicast v2, which players of terminal recordings read. Of one under way, what there is so far.',
      extension: true,
      answers: { 200: bytes('The file.', 'application/x-asciicast') },
    },
  },
}
