/** Runs: commands and code with a journal, started without waiting for their end. */
import { z } from 'zod'
import { chartSchema } from '../charts'
import {
  processListSchema,
  runDetailSchema,
  runPageQuerySchema,
  runPageSchema,
  runQuerySchema,
  runSummarySchema,
  signalRequestSchema,
  startRunRequestSchema,
} from '../extensions'
import { runIdSchema } from '../ids'
import { inputRequestSchema } from '../process'
import { textLimitNote } from '../text-limit'
import { journalOperations } from './journal'
import { type Area, empty, json, jsonBody, operationsOf, parameter, parametersOf } from './operation'

const area = {
  api: 'toolbox',
  tag: 'Runs',
  description:
    'Commands and code that are started without waiting, followed while they run, and read after they ended. `execute` and `codeRun` are recorded as runs, too.',
} as const satisfies Area

const path = '/process/run/:runId'
const params = { runId: parameter(z.string(), 'Id of the run.', { form: runIdSchema }) }

export const runOperations = operationsOf(area, {
  listRuns: {
    method: 'GET',
    path: '/process/run',
    summary: 'List runs',
    description: 'Newest first. The engine keeps a limited number of runs, which `getCapabilities` returns.',
    extension: true,
    whileStopped: true,
    query: parametersOf(runPageQuerySchema, {
      limit: 'Number of runs per page.',
      before: 'Id of the last run of the previous page.',
    }),
    responses: { 200: json(runPageSchema, 'One page. `next` is null on the last page.') },
    errors: ['BAD_REQUEST'],
  },
  startRun: {
    method: 'POST',
    path: '/process/run',
    summary: 'Start a command or a program',
    description: 'Returns as soon as the process has started. Follow the journal to see its output.',
    extension: true,
    body: jsonBody(startRunRequestSchema, 'What to run.', {
      name: 'StartRunRequest',
      example: { kind: 'command', command: 'make test', timeout: 600 },
    }),
    // It was started whatever else the answer says.
    responses: { 201: json(runSummarySchema, 'The run.', z.object({ id: z.string() })) },
    errors: ['INVALID_REQUEST_BODY', 'BAD_REQUEST'],
  },
  getRun: {
    method: 'GET',
    path,
    summary: 'Get a run',
    description: 'Returns what was requested, the state of the run, and the processes that outlived it.',
    extension: true,
    whileStopped: true,
    params,
    query: parametersOf(runQuerySchema, { textLimit: textLimitNote }),
    responses: { 200: json(runDetailSchema, 'The run.') },
    errors: ['BAD_REQUEST'],
  },
  deleteRun: {
    method: 'DELETE',
    path,
    summary: 'Delete a run',
    description: 'Deletes the run and its journal. A run that has not ended is stopped first.',
    extension: true,
    params,
    responses: { 204: empty('The run was deleted.') },
  },
  getRunCharts: {
    method: 'GET',
    path: `${path}/charts`,
    summary: 'Get the charts of a run',
    description: 'Returns the figures that a Python program has shown so far.',
    extension: true,
    whileStopped: true,
    params,
    responses: {
      200: json(z.object({ charts: z.array(chartSchema) }), 'The charts, in the order in which they were shown.'),
    },
  },
  stopRun: {
    method: 'POST',
    path: `${path}/stop`,
    summary: 'Stop a run',
    description: 'Asks all processes of the run to end and kills those that do not. Returns when no process is left.',
    extension: true,
    params,
    responses: { 204: empty('The run has ended.') },
  },
  signalRun: {
    method: 'POST',
    path: `${path}/signal`,
    summary: 'Signal a run',
    description: 'Sends a signal to all processes of the run.',
    extension: true,
    params,
    body: jsonBody(signalRequestSchema, 'The signal.', { name: 'SignalRequest', example: { signal: 'SIGINT' } }),
    responses: { 204: empty('The signal was sent.') },
    errors: ['INVALID_REQUEST_BODY', 'COMMAND_ALREADY_COMPLETED'],
  },
  sendRunInput: {
    method: 'POST',
    path: `${path}/input`,
    summary: 'Send input to a run',
    description: 'Writes to the standard input of a run that was started with `stdin: open`.',
    extension: true,
    params,
    body: jsonBody(inputRequestSchema, 'The input.', { name: 'InputRequest', example: { data: 'yes' } }),
    responses: { 204: empty('The input was written.') },
    errors: ['INVALID_REQUEST_BODY', 'GONE', 'COMMAND_ALREADY_COMPLETED'],
  },
  listRunProcesses: {
    method: 'GET',
    path: `${path}/processes`,
    summary: 'List the processes of a run',
    description: 'Returns the processes that the run has started and that are still alive, also after it has ended.',
    extension: true,
    params,
    responses: { 200: json(processListSchema, 'The processes.') },
  },
})

export const runJournal = journalOperations({ area, name: 'Run', path, params, whileStopped: true })
