/** Shell sessions, their commands and their logs. */
import { z } from 'zod'
import { processListSchema, signalRequestSchema } from '../extensions'
import { commandIdSchema, sessionIdSchema } from '../ids'
import { anyCommandSchema, anySessionSchema } from '../plain-shapes'
import {
  commandDetailSchema,
  createSessionRequestSchema,
  deleteSessionQuerySchema,
  inputRequestSchema,
  sessionDetailSchema,
  sessionExecuteRequestSchema,
  sessionExecuteResponseSchema,
  sessionLogsSchema,
} from '../process'
import { journalOperations } from './journal'
import { type Area, empty, flagSchema, json, jsonBody, operationsOf, parameter, parametersOf } from './operation'

const area = {
  api: 'toolbox',
  tag: 'Sessions',
  description:
    'A session is one long-lived shell: each command sees the working directory, variables and functions that earlier commands left. Commands run one at a time, in the order in which they were sent.',
} as const satisfies Area

const session = '/process/session/:sessionId'
const command = `${session}/command/:commandId` as const
const entrypoint = '/process/session/entrypoint'
const sessionParams = { sessionId: parameter(z.string(), 'Id of the session.', { form: sessionIdSchema }) }
const params = { ...sessionParams, commandId: parameter(z.string(), 'Id of the command.', { form: commandIdSchema }) }

const logs = {
  method: 'GET',
  description:
    'Returns the whole log from its beginning, at any time. Clients of version 0.167 and newer get the streams separately as JSON. Older clients get text in which three bytes precede the output of a stream (1 1 1 stdout, 2 2 2 stderr), and clients without a version get both streams as one. With `follow=true` and without an upgrade, the output is streamed as it is written.',
  whileStopped: true,
  query: { follow: parameter(flagSchema, '`true` keeps the response open until the command has ended.') },
  headers: {
    'X-Daytona-Split-Output': parameter(
      z.enum(['true']),
      'Keeps the bytes that mark the streams for a client that sends no version.',
    ),
  },
  responses: { 200: json(sessionLogsSchema, 'The log, in the form that the version of the client asks for.') },
  errors: ['NOT_FOUND'],
  socket: {
    description:
      'Streams the log from its beginning in binary frames and closes with code 1000 at its end. With `follow=true` the log ends when the command has ended.',
    binary: 'Three bytes that mark the stream, then output. Clients without a version get the output alone.',
    subprotocols: ['X-Daytona-SDK-Version~{version}'],
    withoutUpgrade: 'respond',
  },
} as const

export const sessionOperations = operationsOf(area, {
  listSessions: {
    method: 'GET',
    path: '/process/session',
    summary: 'List sessions',
    description: 'Returns all sessions with their commands, except `entrypoint`.',
    whileStopped: true,
    responses: { 200: json(z.array(sessionDetailSchema), 'The sessions.', z.array(anySessionSchema)) },
  },
  createSession: {
    method: 'POST',
    path: '/process/session',
    summary: 'Create a session',
    description: 'Starts a shell. To use the id of a session that has ended again, delete that session first.',
    body: jsonBody(createSessionRequestSchema, 'Id and environment.', {
      name: 'CreateSessionRequest',
      example: { sessionId: 'build' },
    }),
    responses: { 201: empty('The session was created.') },
    errors: ['INVALID_REQUEST_BODY', 'BAD_REQUEST', 'CONFLICT', 'TOO_MANY_REQUESTS', 'INSUFFICIENT_STORAGE'],
  },
  getEntrypointSession: {
    method: 'GET',
    path: entrypoint,
    summary: 'Get the entrypoint session',
    description: 'Returns what the sandbox was started with, as a session with one command.',
    whileStopped: true,
    responses: { 200: json(sessionDetailSchema, 'The session.', anySessionSchema) },
  },
  getEntrypointLogs: {
    ...logs,
    path: `${entrypoint}/logs`,
    summary: 'Get the log of the entrypoint',
  },
  getSession: {
    method: 'GET',
    path: session,
    summary: 'Get a session',
    description: 'Returns the session with its commands. To track changes, subscribe to the events instead of polling.',
    whileStopped: true,
    params: sessionParams,
    responses: { 200: json(sessionDetailSchema, 'The session.', anySessionSchema) },
  },
  deleteSession: {
    method: 'DELETE',
    path: session,
    summary: 'Delete a session',
    description: 'Ends the shell and all processes that its commands left running, and deletes the logs.',
    params: sessionParams,
    query: parametersOf(deleteSessionQuerySchema, {
      keep: 'Pids of processes to leave running, separated by commas. An extension.',
    }),
    responses: { 204: empty('The session was deleted.') },
    errors: ['BAD_REQUEST'],
  },
  executeInSession: {
    method: 'POST',
    path: `${session}/exec`,
    summary: 'Run a command in a session',
    description:
      'Waits for the command, or returns at once with `runAsync`. There is no timeout, and the command keeps running if the client disconnects. A session whose shell has ended returns 410.',
    params: sessionParams,
    body: jsonBody(sessionExecuteRequestSchema, 'The command.', {
      name: 'SessionExecuteRequest',
      example: { command: 'make test', runAsync: true },
    }),
    responses: {
      200: json(sessionExecuteResponseSchema, 'The command has ended.'),
      202: json(
        sessionExecuteResponseSchema,
        'The command has started or is queued. All fields except the id are null.',
      ),
    },
    errors: ['INVALID_REQUEST_BODY', 'BAD_REQUEST', 'GONE', 'SESSION_ENDED', 'INSUFFICIENT_STORAGE'],
  },
  listSessionProcesses: {
    method: 'GET',
    path: `${session}/processes`,
    summary: 'List the processes of a session',
    description: 'Returns the live processes of the session and the command that each belongs to.',
    extension: true,
    params: sessionParams,
    responses: { 200: json(processListSchema, 'The processes.') },
  },
  getCommand: {
    method: 'GET',
    path: command,
    summary: 'Get a command',
    description: 'Returns the state of a command. The exit code is left out as long as it is unknown.',
    whileStopped: true,
    params,
    responses: { 200: json(commandDetailSchema, 'The command.', anyCommandSchema) },
  },
  getCommandLogs: {
    ...logs,
    path: `${command}/logs`,
    summary: 'Get the log of a command',
    params,
  },
  sendCommandInput: {
    method: 'POST',
    path: `${command}/input`,
    summary: 'Send input to a command',
    description:
      'Writes to the standard input of the command and adds a newline if the text ends without one. The input appears in the log, unless the command was started with `suppressInputEcho`.',
    params,
    body: jsonBody(inputRequestSchema, 'The input.', { name: 'SessionSendInputRequest', example: { data: 'yes' } }),
    responses: { 204: empty('The input was written.') },
    errors: ['INVALID_REQUEST_BODY', 'BAD_REQUEST', 'GONE', 'SESSION_ENDED', 'COMMAND_ALREADY_COMPLETED'],
  },
  signalCommand: {
    method: 'POST',
    path: `${command}/signal`,
    summary: 'Signal a command',
    description: 'Sends a signal to the processes of the command. The shell of the session is not affected.',
    extension: true,
    params,
    body: jsonBody(signalRequestSchema, 'The signal.', { name: 'SignalRequest', example: { signal: 'SIGINT' } }),
    responses: { 204: empty('The signal was sent.') },
    errors: ['INVALID_REQUEST_BODY', 'BAD_REQUEST', 'COMMAND_ALREADY_COMPLETED'],
  },
  stopCommand: {
    method: 'POST',
    path: `${command}/stop`,
    summary: 'Stop a command',
    description:
      'Asks the processes of the command to end and kills those that do not. The session continues with its next command.',
    extension: true,
    params,
    responses: { 204: empty('The command has ended.') },
    errors: ['BAD_REQUEST'],
  },
})

export const commandJournal = journalOperations({ area, name: 'Command', path: command, params, whileStopped: true })
