/** Commands and programs: one-shot calls, and the runs that are recorded. */
import { z } from 'zod'
import { chartSchema } from '@/lib/process-api/charts'
import {
  processListSchema,
  runDetailSchema,
  runPageQuerySchema,
  runPageSchema,
  runSummarySchema,
  signalRequestSchema,
  startRunRequestSchema,
} from '@/lib/process-api/extensions'
import { runIdSchema } from '@/lib/process-api/ids'
import {
  codeRunRequestSchema,
  codeRunResponseSchema,
  executeRequestSchema,
  executeResponseSchema,
  inputRequestSchema,
} from '@/lib/process-api/process'
import { empty, json, type OperationGroup } from '../operation'
import { journalOperations } from './journal'

export const processGroup: OperationGroup = {
  tag: 'Commands',
  about: 'One command or one program, and its result in the answer.',
  params: {},
  operations: {
    'POST /process/execute': {
      id: 'execute',
      summary: 'Run a command and wait for it',
      about:
        'Answers when the command has ended, with what it printed. Programs that it left in the background do not hold the answer up. A client that goes away does not stop it. A timeout kills the whole tree and answers 408 with what was printed until then.',
      body: json(executeRequestSchema, 'The command.', { command: 'echo hello from $(hostname)', timeout: 10 }),
      answers: { 200: json(executeResponseSchema, 'How it ended; an exit code other than 0 is an answer too.') },
      errors: ['BAD_REQUEST', 'PROCESS_EXECUTION_TIMEOUT', 'INSUFFICIENT_STORAGE'],
    },
    'POST /process/code-run': {
      id: 'codeRun',
      summary: 'Run a program and wait for it',
      about:
        'Runs source code in a fresh process. Figures that a Python program shows with matplotlib come along as charts, with their pictures and their values.',
      body: json(codeRunRequestSchema, 'The program.', { language: 'python', code: 'print(6 * 7)' }),
      answers: { 200: json(codeRunResponseSchema, 'How it ended.') },
      errors: ['INVALID_REQUEST_BODY', 'BAD_REQUEST', 'PROCESS_EXECUTION_TIMEOUT', 'INSUFFICIENT_STORAGE'],
    },
  },
}

export const runGroup: OperationGroup = {
  tag: 'Runs',
  about:
    'Commands and programs with a journal: started without waiting, followed while they run, read after the fact. What execute and code-run do is recorded as a run too.',
  params: { runId: { schema: runIdSchema, about: 'The id of the run.' } },
  operations: {
    'GET /process/run': {
      id: 'listRuns',
      summary: 'The runs',
      about: 'Newest first. The engine keeps the newest; `capabilities` says how many.',
      extension: true,
      whileStopped: true,
      query: runPageQuerySchema,
      queryNotes: { limit: 'Rows of one page.', before: 'The id of the last row of the page before.' },
      answers: { 200: json(runPageSchema, 'One page; `next` is null on the last one.') },
      errors: ['BAD_REQUEST'],
    },
    'POST /process/run': {
      id: 'startRun',
      summary: 'Start a command or a program',
      about: 'Answers as soon as it was started. Follow its journal to see what it prints.',
      extension: true,
      body: json(startRunRequestSchema, 'What to run.', { kind: 'command', command: 'make test', timeout: 600 }),
      answers: { 201: json(runSummarySchema, 'The run as it is now.') },
      errors: ['INVALID_REQUEST_BODY', 'BAD_REQUEST'],
    },
    'GET /process/run/:runId': {
      id: 'getRun',
      summary: 'One run',
      about: 'With what was asked for, how it goes or ended, and which processes outlived it.',
      extension: true,
      whileStopped: true,
      answers: { 200: json(runDetailSchema, 'The run.') },
    },
    'DELETE /process/run/:runId': {
      id: 'deleteRun',
      summary: 'Delete a run',
      about: 'Its journal goes with it. One that still runs is stopped first.',
      extension: true,
      answers: { 204: empty('It is gone.') },
    },
    'GET /process/run/:runId/charts': {
      id: 'getRunCharts',
      summary: 'Charts of a run',
      about: 'The figures that a Python program showed, also while it runs and after the fact.',
      extension: true,
      whileStopped: true,
      answers: { 200: json(z.object({ charts: z.array(chartSchema) }), 'The charts in their order.') },
    },
    'POST /process/run/:runId/stop': {
      id: 'stopRun',
      summary: 'Stop a run',
      about: 'Asks the whole tree of processes to end, and kills what does not. Answers when nothing is left.',
      extension: true,
      answers: { 204: empty('It has ended.') },
    },
    'POST /process/run/:runId/signal': {
      id: 'signalRun',
      summary: 'Send a signal to a run',
      about: 'To every process of it.',
      extension: true,
      body: json(signalRequestSchema, 'The signal.', { signal: 'SIGINT' }),
      answers: { 204: empty('It was sent.') },
      errors: ['INVALID_REQUEST_BODY', 'COMMAND_ALREADY_COMPLETED'],
    },
    'POST /process/run/:runId/input': {
      id: 'sendRunInput',
      summary: 'Send input to a run',
      about: 'To its standard input, which must have been left open at the start.',
      extension: true,
      body: json(inputRequestSchema, 'The text.', { data: 'yes' }),
      answers: { 204: empty('It was written.') },
      errors: ['INVALID_REQUEST_BODY', 'GONE', 'COMMAND_ALREADY_COMPLETED'],
    },
    'GET /process/run/:runId/processes': {
      id: 'listRunProcesses',
      summary: 'Processes of a run',
      about: 'What runs of it now, also what it left behind.',
      extension: true,
      answers: { 200: json(processListSchema, 'The processes.') },
    },
    ...journalOperations('/process/run/:runId', 'Run', true),
  },
}
