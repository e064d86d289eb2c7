/** The processes of a sandbox, their owners, and signals to them. */
import { z } from 'zod'
import { processSignalRequestSchema, processSignalResponseSchema, processTreeSchema } from '../process-tree'
import { type Area, json, jsonBody, operationsOf, parameter } from './operation'

const area = {
  api: 'toolbox',
  tag: 'Processes',
  description: 'All processes of a sandbox, what they belong to, and signals to them.',
} as const satisfies Area

export const processOperations = operationsOf(area, {
  getProcessTree: {
    method: 'GET',
    path: '/process/tree',
    summary: 'List all processes',
    description:
      'Returns a flat list in which parents precede their children. Each process names the command, run, terminal or context that it belongs to, even if it has detached from the tree of its parent.',
    extension: true,
    responses: { 200: json(processTreeSchema, 'The processes.') },
  },
  signalProcess: {
    method: 'POST',
    path: '/process/tree/:pid/signal',
    summary: 'Signal a process',
    description:
      'Sends a signal to one process, or to it and all its descendants. `startTicks` makes sure that no other process that has reused the pid is signalled: if it does not match, the response is 409.',
    extension: true,
    params: {
      pid: parameter(
        z
          .string()
          .regex(/^[1-9]\d{0,9}$/)
          .transform(Number),
        'Pid, as returned by `getProcessTree`.',
        {
          example: '42',
          invalid: 'a pid is a whole number greater than 0',
        },
      ),
    },
    body: jsonBody(processSignalRequestSchema, 'The signal and its scope.', {
      name: 'ProcessSignalRequest',
      example: { signal: 'SIGTERM', startTicks: 123456, tree: true },
    }),
    responses: { 200: json(processSignalResponseSchema, 'The processes that were signalled.') },
    errors: ['INVALID_REQUEST_BODY', 'BAD_REQUEST', 'PROCESS_NOT_FOUND', 'FORBIDDEN', 'CONFLICT', 'GONE'],
  },
})
