/** Commands and code that the caller waits for. */
import { codeRunRequestSchema, codeRunResponseSchema, executeRequestSchema, executeResponseSchema } from '../process'
import { type Area, json, jsonBody, operationsOf } from './operation'

const area = {
  api: 'toolbox',
  tag: 'Commands',
  description: 'Run one command or one program and get its result in the response.',
} as const satisfies Area

export const commandOperations = operationsOf(area, {
  execute: {
    method: 'POST',
    path: '/process/execute',
    summary: 'Run a command and wait for it',
    description:
      'Returns the output when the command has ended. Background processes of the command do not delay the response. The command keeps running if the client disconnects. A timeout kills the whole process tree and returns 408 with the output so far.',
    body: jsonBody(executeRequestSchema, 'The command.', {
      name: 'ExecuteRequest',
      code: 'BAD_REQUEST',
      prefix: 'invalid request body: ',
      example: { command: 'echo hello from $(hostname)', timeout: 10 },
    }),
    responses: { 200: json(executeResponseSchema, 'Exit code and output. A non-zero exit code is not an error.') },
    errors: ['BAD_REQUEST', 'PROCESS_EXECUTION_TIMEOUT', 'INSUFFICIENT_STORAGE'],
  },
  codeRun: {
    method: 'POST',
    path: '/process/code-run',
    summary: 'Run code and wait for it',
    description:
      'Runs source code in a new process. Matplotlib figures that a Python program shows are returned as charts, with their images and values.',
    body: jsonBody(codeRunRequestSchema, 'The program.', {
      name: 'CodeRunRequest',
      example: { language: 'python', code: 'print(6 * 7)' },
    }),
    responses: { 200: json(codeRunResponseSchema, 'Exit code, output and charts.') },
    errors: ['INVALID_REQUEST_BODY', 'BAD_REQUEST', 'PROCESS_EXECUTION_TIMEOUT', 'INSUFFICIENT_STORAGE'],
  },
})
