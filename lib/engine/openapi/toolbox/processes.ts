/** The process view: what runs in a sandbox, whose it is, and signals to it. */
import { z } from 'zod'
import {
  processSignalAnswerSchema,
  processSignalRequestSchema,
  processTreeSchema,
} from '@/lib/process-api/process-tree'
import { json, type OperationGroup } from '../operation'

export const processViewGroup: OperationGroup = {
  tag: 'Processes',
  about: 'What runs in the sandbox now, whose it is, and signals to it.',
  params: {
    pid: { schema: z.string().regex(/^[1-9]\d{0,9}$/), about: 'The pid, as the list has it.', example: '42' },
  },
  operations: {
    'GET /process/tree': {
      id: 'getProcessTree',
      summary: 'The processes of the sandbox',
      about:
        'All of them as a flat list, parents before their children. Each names the command, run, terminal or context that it belongs to, also where it has left the tree of what started it.',
      extension: true,
      answers: { 200: json(processTreeSchema, 'The processes.') },
    },
    'POST /process/tree/:pid/signal': {
      id: 'signalProcess',
      summary: 'Send a signal to a process',
      about:
        'To one process, or to it and all that descends from it. The start time that the list told goes along, so that a process that has got the same pid since is not hit: that is answered with 409, and nothing is signalled.',
      extension: true,
      body: json(processSignalRequestSchema, 'Which signal, and to how much.', {
        signal: 'SIGTERM',
        startTicks: 123456,
        tree: true,
      }),
      answers: { 200: json(processSignalAnswerSchema, 'What got it.') },
      errors: ['INVALID_REQUEST_BODY', 'BAD_REQUEST', 'PROCESS_NOT_FOUND', 'FORBIDDEN', 'CONFLICT', 'GONE'],
    },
  },
}
