/** Interpreter contexts and their runs. */
import { z } from 'zod'
import { plainMessageSchema } from '../environment'
import {
  answerRequestSchema,
  contextDetailSchema,
  contextListSchema,
  createContextRequestSchema,
  interpreterClientMessageSchema,
  interpreterContextSchema,
  interpreterExtensionFrameSchema,
  interpreterFrameSchema,
  interpreterRequestSchema,
  interpreterRunDetailSchema,
  interpreterRunPageQuerySchema,
  interpreterRunPageSchema,
  interpreterRunQuerySchema,
  interruptResponseSchema,
  runItemSchema,
  startInterpreterRunSchema,
} from '../interpreter'
import { textLimitNote } from '../text-limit'
import { journalOperations } from './journal'
import { type Area, json, jsonBody, operationsOf, parameter, parametersOf } from './operation'

const area = {
  api: 'toolbox',
  tag: 'Interpreter',
  description:
    'A context is a process that keeps its variables from one run to the next, like the kernel of a notebook.',
} as const satisfies Area

const contexts = '/process/interpreter/context'
const context = `${contexts}/:id` as const
const run = `${context}/run/:run` as const
const params = { id: parameter(z.string(), 'Id of the context. `default` exists from the first use on.') }
const runParams = { ...params, run: parameter(z.string(), 'Id of the run.') }
const frames = z.union([interpreterFrameSchema, interpreterExtensionFrameSchema])

export const interpreterOperations = operationsOf(area, {
  createContext: {
    method: 'POST',
    path: contexts,
    summary: 'Create a context',
    description: 'Starts the process of the context. JavaScript and TypeScript contexts are an extension.',
    body: jsonBody(createContextRequestSchema, 'Language and working directory.', {
      name: 'CreateContextRequest',
      example: { language: 'python' },
    }),
    responses: { 200: json(interpreterContextSchema, 'The context.') },
    errors: ['INVALID_REQUEST_BODY', 'BAD_REQUEST', 'TOO_MANY_REQUESTS', 'INTERNAL_SERVER_ERROR'],
  },
  listContexts: {
    method: 'GET',
    path: contexts,
    summary: 'List contexts',
    description: 'Returns the contexts that clients created. The default context is not among them.',
    responses: { 200: json(contextListSchema, 'The contexts.') },
  },
  deleteContext: {
    method: 'DELETE',
    path: context,
    summary: 'Delete a context',
    description: 'Ends the process of the context and the run in progress.',
    params,
    responses: { 200: json(plainMessageSchema, 'A confirmation.') },
    errors: ['BAD_REQUEST'],
  },
  executeInContext: {
    method: 'GET',
    path: '/process/interpreter/execute',
    summary: 'Run code in a context',
    description:
      'Open a WebSocket and send one request. Output arrives while the code runs. A control frame reports the result, then the socket is closed. Runs in the same context are queued.',
    query: {
      extensions: parameter(
        z.enum(['1']).optional().catch(undefined),
        '`1` also sends values, charts, questions and the state of the run. An extension.',
      ),
    },
    responses: {},
    socket: {
      description:
        'The first message of the client is the request. With extensions, later messages interrupt the run or answer its questions.',
      fromServer: frames,
      fromClient: z.union([interpreterRequestSchema, interpreterClientMessageSchema]),
      subprotocols: ['X-Daytona-SDK-Version~{version}'],
      withoutUpgrade: 'refuse',
    },
  },
  getContext: {
    method: 'GET',
    path: context,
    summary: 'Get a context',
    description:
      'Returns the state of the context, the question that its run asks, and whether its variables were lost.',
    extension: true,
    params,
    responses: { 200: json(contextDetailSchema, 'The context.') },
  },
  interruptContext: {
    method: 'POST',
    path: `${context}/interrupt`,
    summary: 'Interrupt the current run',
    description: 'Works like Ctrl+C. Returns whether the run ended and whether the variables are still there.',
    extension: true,
    params,
    responses: { 200: json(interruptResponseSchema, 'The outcome.') },
  },
  restartContext: {
    method: 'POST',
    path: `${context}/restart`,
    summary: 'Restart a context',
    description: 'Ends the process of the context. The next run starts without variables.',
    extension: true,
    params,
    responses: { 200: json(contextDetailSchema, 'The context.') },
  },
  answerContext: {
    method: 'POST',
    path: `${context}/answer`,
    summary: 'Answer a question of the run',
    description: 'Sends a line to `input()`. Answers to password prompts are not recorded.',
    extension: true,
    params,
    body: jsonBody(answerRequestSchema, 'The line.', { name: 'AnswerRequest', example: { text: 'yes' } }),
    responses: { 200: json(contextDetailSchema, 'The context.') },
    errors: ['INVALID_REQUEST_BODY', 'CONFLICT'],
  },
  listContextRuns: {
    method: 'GET',
    path: `${context}/run`,
    summary: 'List the runs of a context',
    description: 'Newest first.',
    extension: true,
    params,
    query: parametersOf(interpreterRunPageQuerySchema, {
      limit: 'Number of runs per page.',
      before: 'Id of the last run of the previous page.',
    }),
    responses: { 200: json(interpreterRunPageSchema, 'One page. `next` is null on the last page.') },
  },
  startContextRun: {
    method: 'POST',
    path: `${context}/run`,
    summary: 'Start a run in a context',
    description: 'Returns at once. The run waits for earlier runs of the context, and any client can watch it.',
    extension: true,
    params,
    body: jsonBody(startInterpreterRunSchema, 'The code.', {
      name: 'StartInterpreterRun',
      example: { code: 'x = 6 * 7\nx' },
    }),
    responses: { 202: json(interpreterRunDetailSchema, 'The run.') },
    errors: ['INVALID_REQUEST_BODY', 'BAD_REQUEST', 'TOO_MANY_REQUESTS'],
  },
  getContextRun: {
    method: 'GET',
    path: run,
    summary: 'Get a run of a context',
    description: 'Returns the run with its code and with its values, charts, questions and errors.',
    extension: true,
    params: runParams,
    query: parametersOf(interpreterRunQuerySchema, {
      textLimit: textLimitNote,
      items: '`none` leaves `items` empty: they can be hundreds of megabytes.',
    }),
    errors: ['BAD_REQUEST'],
    responses: { 200: json(interpreterRunDetailSchema.extend({ items: z.array(runItemSchema) }), 'The run.') },
  },
  watchContextRun: {
    method: 'GET',
    path: `${run}/follow`,
    summary: 'Watch a run of a context',
    description:
      'Sends what has happened so far and then what happens, in the same frames as to the client that started the run.',
    extension: true,
    params: runParams,
    responses: {},
    socket: {
      description: 'Messages of the client are ignored.',
      fromServer: frames,
      withoutUpgrade: 'not-found',
    },
  },
})

export const contextRunJournal = journalOperations({ area, name: 'ContextRun', path: run, params: runParams })
