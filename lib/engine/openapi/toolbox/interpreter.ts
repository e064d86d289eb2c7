/** Interpreter contexts: processes that keep their names between runs. */
import { z } from 'zod'
import { plainMessageSchema } from '@/lib/process-api/environment'
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
  interruptAnswerSchema,
  runItemSchema,
  startInterpreterRunSchema,
} from '@/lib/process-api/interpreter'
import { json, type OperationGroup } from '../operation'
import { journalOperations } from './journal'

const base = '/process/interpreter'
const context = `${base}/context/:id` as const
const run = `${context}/run/:run` as const

export const interpreterGroup: OperationGroup = {
  tag: 'Interpreter',
  about: 'A context is a process that keeps its variables from one run to the next, as a notebook does.',
  params: {
    id: { schema: z.string(), about: 'The id of the context; `default` is there from the first use on.' },
    run: { schema: z.string(), about: 'The id of the run.' },
  },
  operations: {
    [`POST ${base}/context`]: {
      id: 'createContext',
      summary: 'Create a context',
      about: 'Its process is started with it. JavaScript and TypeScript contexts are an extension.',
      body: json(createContextRequestSchema, 'Language and folder.', { language: 'python' }),
      answers: { 200: json(interpreterContextSchema, 'The context.') },
      errors: ['INVALID_REQUEST_BODY', 'BAD_REQUEST', 'TOO_MANY_REQUESTS', 'INTERNAL_SERVER_ERROR'],
    },
    [`GET ${base}/context`]: {
      id: 'listContexts',
      summary: 'The contexts',
      about: 'Those that clients created; the default context is not listed.',
      answers: { 200: json(contextListSchema, 'The contexts.') },
    },
    [`DELETE ${context}`]: {
      id: 'deleteContext',
      summary: 'Delete a context',
      about: 'Its process ends with it, and so does the run under way.',
      answers: { 200: json(plainMessageSchema, 'A sentence.') },
      errors: ['BAD_REQUEST'],
    },
    [`GET ${base}/execute`]: {
      id: 'executeInContext',
      summary: 'Run code in a context',
      about:
        'Open a WebSocket and send one request. Output arrives while the code runs; a control frame says how it ended, and the socket is closed. Runs in one context wait for each other.',
      query: z.object({ extensions: z.enum(['1']).optional() }),
      queryNotes: { extensions: '1: send values, charts, questions and the state of the run as well. An extension.' },
      answers: {},
      socket: {
        about:
          'The first message of the client is the request. A client that asked for extensions may then interrupt the run and answer its questions.',
        fromServer: z.union([interpreterFrameSchema, interpreterExtensionFrameSchema]),
        fromClient: z.union([interpreterRequestSchema, interpreterClientMessageSchema]),
        subprotocols: ['X-Daytona-SDK-Version~{version}'],
        plain: 'refused',
      },
    },
    [`GET ${context}`]: {
      id: 'getContext',
      summary: 'One context',
      about: 'What it does now, what it asks, and whether it lost its names.',
      extension: true,
      answers: { 200: json(contextDetailSchema, 'The context.') },
    },
    [`POST ${context}/interrupt`]: {
      id: 'interruptContext',
      summary: 'Interrupt the run under way',
      about: 'As Ctrl-C does. Tells what came of it, and whether the names are still there.',
      extension: true,
      answers: { 200: json(interruptAnswerSchema, 'What came of it.') },
    },
    [`POST ${context}/restart`]: {
      id: 'restartContext',
      summary: 'Restart a context',
      about: 'Ends its process; the next run begins with empty names.',
      extension: true,
      answers: { 200: json(contextDetailSchema, 'The context as it is now.') },
    },
    [`POST ${context}/answer`]: {
      id: 'answerContext',
      summary: 'Answer what a run asks',
      about: 'Gives a line to `input()`. What answers a password is not kept.',
      extension: true,
      body: json(answerRequestSchema, 'The line.', { text: 'yes' }),
      answers: { 200: json(contextDetailSchema, 'The context as it is now.') },
      errors: ['INVALID_REQUEST_BODY', 'CONFLICT'],
    },
    [`GET ${context}/run`]: {
      id: 'listContextRuns',
      summary: 'Runs of a context',
      about: 'Newest first.',
      extension: true,
      query: interpreterRunPageQuerySchema,
      queryNotes: { limit: 'Rows of one page.', before: 'The id of the last row of the page before.' },
      answers: { 200: json(interpreterRunPageSchema, 'One page; `next` is null on the last one.') },
    },
    [`POST ${context}/run`]: {
      id: 'startContextRun',
      summary: 'Start a run in a context',
      about: 'Answers at once; the run waits for those before it. Anybody can watch it.',
      extension: true,
      body: json(startInterpreterRunSchema, 'The code.', { code: 'x = 6 * 7\nx' }),
      answers: { 202: json(interpreterRunDetailSchema, 'The run as it is now.') },
      errors: ['INVALID_REQUEST_BODY', 'BAD_REQUEST', 'TOO_MANY_REQUESTS'],
    },
    [`GET ${run}`]: {
      id: 'getContextRun',
      summary: 'One run of a context',
      about: 'With its code and what it produced beside its output.',
      extension: true,
      answers: { 200: json(interpreterRunDetailSchema.extend({ items: z.array(runItemSchema) }), 'The run.') },
    },
    [`GET ${run}/follow`]: {
      id: 'watchContextRun',
      summary: 'Watch a run of a context',
      about: 'What has happened so far, then what happens; the same frames as the one who started it gets.',
      extension: true,
      answers: {},
      socket: {
        about: 'What is sent is ignored.',
        fromServer: z.union([interpreterFrameSchema, interpreterExtensionFrameSchema]),
        plain: 'none',
      },
    },
    ...journalOperations(run, 'ContextRun', false),
  },
}
