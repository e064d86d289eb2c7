/** Shell sessions, their commands and their logs. */
import { z } from 'zod'
import { processListSchema, signalRequestSchema } from '@/lib/process-api/extensions'
import { commandIdSchema, sessionIdSchema } from '@/lib/process-api/ids'
import {
  commandDetailSchema,
  createSessionRequestSchema,
  deleteSessionQuerySchema,
  inputRequestSchema,
  sessionDetailSchema,
  sessionExecuteRequestSchema,
  sessionExecuteResponseSchema,
  sessionLogsSchema,
} from '@/lib/process-api/process'
import { empty, json, type Operation, type OperationGroup } from '../operation'
import { journalOperations } from './journal'

const one = '/process/session/:sessionId'
const command = `${one}/command/:commandId` as const

const logs: Omit<Operation, 'id' | 'summary'> = {
  about:
    'The whole log from its start, at any time. Clients of version 0.167 and newer get the streams apart as JSON; older ones get text, in which three bytes name the stream of what follows (1 1 1 stdout, 2 2 2 stderr); without a version the streams come as one. With `follow=true` and no upgrade the bytes arrive as they are printed.',
  whileStopped: true,
  query: z.object({ follow: z.enum(['true', 'false']).optional() }),
  queryNotes: { follow: '`true` keeps the answer open until the command has ended.' },
  headers: {
    'X-Daytona-Split-Output': {
      schema: z.enum(['true']),
      about: 'Without a version of an SDK: keep the three bytes that name the streams.',
    },
  },
  answers: { 200: json(sessionLogsSchema, 'The log, in the form that the client’s version asks for.') },
  errors: ['NOT_FOUND'],
  socket: {
    about:
      'The log from its start, in binary frames. The socket is closed with 1000 at its end; with `follow=true` that is when the command has ended.',
    binary: 'Three bytes that name the stream, then what was printed. Without a version of an SDK the bytes alone.',
    subprotocols: ['X-Daytona-SDK-Version~{version}'],
    plain: 'described',
  },
}

export const sessionGroup: OperationGroup = {
  tag: 'Sessions',
  about:
    'A session is one shell that lives long: each command finds the folder, the variables and the functions that the one before left. Commands run one at a time, in their order.',
  params: {
    sessionId: { schema: sessionIdSchema, about: 'The id of the session.' },
    commandId: { schema: commandIdSchema, about: 'The id of the command.' },
  },
  operations: {
    'GET /process/session': {
      id: 'listSessions',
      summary: 'The sessions',
      about: 'Each with its commands; without `entrypoint`.',
      whileStopped: true,
      answers: { 200: json(z.array(sessionDetailSchema), 'The sessions.') },
    },
    'POST /process/session': {
      id: 'createSession',
      summary: 'Create a session',
      about: 'Starts a shell. An id is used once: a session that ended has to be deleted before there is another.',
      body: json(createSessionRequestSchema, 'The id.', { sessionId: 'build' }),
      answers: { 201: empty('It is there.') },
      errors: ['INVALID_REQUEST_BODY', 'BAD_REQUEST', 'CONFLICT', 'TOO_MANY_REQUESTS', 'INSUFFICIENT_STORAGE'],
    },
    'GET /process/session/entrypoint': {
      id: 'getEntrypointSession',
      summary: 'The session of the sandbox itself',
      about: 'What the sandbox was started with, as a session with one command.',
      whileStopped: true,
      answers: { 200: json(sessionDetailSchema, 'The session.') },
    },
    'GET /process/session/entrypoint/logs': {
      ...logs,
      id: 'getEntrypointLogs',
      summary: 'Log of the sandbox itself',
    },
    [`GET ${one}`]: {
      id: 'getSession',
      summary: 'One session',
      about: 'With its commands. Tools that follow a session read the events instead of asking again and again.',
      whileStopped: true,
      answers: { 200: json(sessionDetailSchema, 'The session.') },
    },
    [`DELETE ${one}`]: {
      id: 'deleteSession',
      summary: 'Delete a session',
      about: 'Ends its shell and everything that its commands left running; its logs go with it.',
      query: deleteSessionQuerySchema,
      queryNotes: { keep: 'Processes that shall go on, by their pids with commas between them. An extension.' },
      answers: { 204: empty('It is gone.') },
      errors: ['BAD_REQUEST'],
    },
    [`POST ${one}/exec`]: {
      id: 'executeInSession',
      summary: 'Run a command in a session',
      about:
        'Waits for the command, or with `runAsync` answers at once. There is no timeout: a client that stops waiting leaves the command running. A shell that ended answers 410.',
      body: json(sessionExecuteRequestSchema, 'The command.', { command: 'make test', runAsync: true }),
      answers: {
        200: json(sessionExecuteResponseSchema, 'It has ended.'),
        202: json(sessionExecuteResponseSchema, 'It was started or waits for its turn; all but the id is null.'),
      },
      errors: ['INVALID_REQUEST_BODY', 'BAD_REQUEST', 'GONE', 'SESSION_ENDED', 'INSUFFICIENT_STORAGE'],
    },
    [`GET ${one}/processes`]: {
      id: 'listSessionProcesses',
      summary: 'Processes of a session',
      about: 'What runs in it now, and which command each belongs to.',
      extension: true,
      answers: { 200: json(processListSchema, 'The processes.') },
    },
    [`GET ${command}`]: {
      id: 'getCommand',
      summary: 'One command',
      about: 'How it goes or ended. The exit code is left out while nobody knows it.',
      whileStopped: true,
      answers: { 200: json(commandDetailSchema, 'The command.') },
    },
    [`GET ${command}/logs`]: {
      ...logs,
      id: 'getCommandLogs',
      summary: 'Log of a command',
    },
    [`POST ${command}/input`]: {
      id: 'sendCommandInput',
      summary: 'Send input to a command',
      about:
        'A newline is added where the text ends without one. What was sent is shown in the log unless the command was started otherwise.',
      body: json(inputRequestSchema, 'The text.', { data: 'yes' }),
      answers: { 204: empty('It was written.') },
      errors: ['INVALID_REQUEST_BODY', 'BAD_REQUEST', 'GONE', 'SESSION_ENDED', 'COMMAND_ALREADY_COMPLETED'],
    },
    [`POST ${command}/signal`]: {
      id: 'signalCommand',
      summary: 'Send a signal to a command',
      about: 'To the command and its processes; the shell of the session stays.',
      extension: true,
      body: json(signalRequestSchema, 'The signal.', { signal: 'SIGINT' }),
      answers: { 204: empty('It was sent.') },
      errors: ['INVALID_REQUEST_BODY', 'BAD_REQUEST', 'COMMAND_ALREADY_COMPLETED'],
    },
    [`POST ${command}/stop`]: {
      id: 'stopCommand',
      summary: 'Stop a command',
      about: 'Asks it to end, and kills what does not; the session goes on with the next one.',
      extension: true,
      answers: { 204: empty('It has ended.') },
      errors: ['BAD_REQUEST'],
    },
    ...journalOperations(command, 'Command', true),
  },
}
