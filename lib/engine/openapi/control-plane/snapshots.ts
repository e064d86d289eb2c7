/** Snapshots, and the warm pool. */
import { z } from 'zod'
import { sandboxDtoSchema, urlAnswerSchema } from '@/lib/process-api/sandbox'
import {
  createSandboxSnapshotRequestSchema,
  snapshotDtoSchema,
  snapshotPageSchema,
  snapshotQuerySchema,
} from '@/lib/process-api/snapshots'
import { warmPoolDtoSchema } from '@/lib/process-api/warm-pools'
import { refusals } from '../../control-plane/routes/refusals'
import { empty, json, type OperationGroup, text } from '../operation'

const one = '/api/snapshots/:id'

export const snapshotGroup: OperationGroup = {
  tag: 'Snapshots',
  about: 'What sandboxes can be made from: the system of this machine, and the files of sandboxes that were kept.',
  params: { id: { schema: z.string().max(256), about: 'Id or name.' } },
  operations: {
    'GET /api/snapshots': {
      id: 'listSnapshots',
      summary: 'The snapshots',
      about: 'In numbered pages. What was never used comes last.',
      query: snapshotQuerySchema,
      queryNotes: {
        page: 'Number of the page, from 1.',
        limit: 'Rows of one page.',
        name: 'A part of the name, in any case.',
        sourceSandboxId: 'Made of this sandbox.',
        sort: 'What the order goes by.',
        order: 'Which way.',
      },
      answers: { 200: json(snapshotPageSchema, 'One page.') },
      errors: ['BAD_REQUEST'],
    },
    'POST /api/snapshots': {
      id: 'createSnapshotFromImage',
      summary: 'Make a snapshot from an image',
      about: 'Images are not used by this engine.',
      refuses: { code: 'UNPROCESSABLE_ENTITY', message: refusals.images },
      answers: {},
    },
    'POST /api/sandbox/:id/snapshot': {
      id: 'createSnapshot',
      summary: 'Make a snapshot of a sandbox',
      about: 'Keeps the files of its home as they are now. It may run meanwhile.',
      body: json(createSandboxSnapshotRequestSchema, 'The name.', { name: 'with-tools' }),
      answers: { 200: json(sandboxDtoSchema, 'The sandbox as it is now.') },
      errors: [
        'NOT_FOUND',
        'BAD_REQUEST',
        'CONFLICT',
        'TOO_MANY_REQUESTS',
        'UNPROCESSABLE_ENTITY',
        'INSUFFICIENT_STORAGE',
      ],
    },
    [`GET ${one}`]: {
      id: 'getSnapshot',
      summary: 'One snapshot',
      about: 'By id or by name.',
      answers: { 200: json(snapshotDtoSchema, 'The snapshot.') },
      errors: ['NOT_FOUND'],
    },
    [`DELETE ${one}`]: {
      id: 'deleteSnapshot',
      summary: 'Delete a snapshot',
      about: 'Sandboxes that were made from it stay. The system of this machine cannot be deleted.',
      answers: { 200: empty('It is gone.') },
      errors: ['NOT_FOUND', 'CONFLICT', 'UNPROCESSABLE_ENTITY'],
    },
    [`POST ${one}/activate`]: {
      id: 'activateSnapshot',
      summary: 'Make sure that it can be used',
      about: 'Every snapshot can be used from the start, so nothing changes.',
      answers: { 200: json(snapshotDtoSchema, 'The snapshot.') },
      errors: ['NOT_FOUND'],
    },
    [`POST ${one}/deactivate`]: {
      id: 'deactivateSnapshot',
      summary: 'Take it out of use',
      about: 'Snapshots of this engine are used or deleted.',
      refuses: {
        code: 'UNPROCESSABLE_ENTITY',
        message: refusals.deactivation('{name}'),
      },
      answers: {},
      errors: ['NOT_FOUND'],
    },
    [`GET ${one}/build-logs-url`]: {
      id: 'getSnapshotBuildLogsUrl',
      summary: 'Where the log of its build is',
      about: 'For clients that show one while they wait.',
      answers: { 200: json(urlAnswerSchema, 'The address.') },
      errors: ['NOT_FOUND'],
    },
    [`GET ${one}/build-logs`]: {
      id: 'getSnapshotBuildLogs',
      summary: 'The log of its build',
      about: 'One line, which says that nothing was built.',
      answers: { 200: text('The line.') },
      errors: ['NOT_FOUND'],
    },
    'GET /api/warm-pools': {
      id: 'listWarmPools',
      summary: 'The warm pool',
      about: 'Toolboxes that wait, so that a new sandbox needs no start. Empty where none are kept.',
      answers: { 200: json(z.array(warmPoolDtoSchema), 'One pool at most.') },
    },
    'POST /api/warm-pools': {
      id: 'createWarmPool',
      summary: 'Make a warm pool',
      about: 'The pool of this engine has its size from a setting.',
      refuses: { code: 'UNPROCESSABLE_ENTITY', message: refusals.warmPools },
      answers: {},
    },
    'PATCH /api/warm-pools/:id': {
      id: 'changeWarmPool',
      summary: 'Change a warm pool',
      about: 'The pool of this engine has its size from a setting; no other is found.',
      refuses: { code: 'UNPROCESSABLE_ENTITY', message: refusals.warmPools },
      answers: {},
      errors: ['NOT_FOUND'],
    },
    'DELETE /api/warm-pools/:id': {
      id: 'deleteWarmPool',
      summary: 'Delete a warm pool',
      about: 'The pool of this engine has its size from a setting; no other is found.',
      refuses: { code: 'UNPROCESSABLE_ENTITY', message: refusals.warmPools },
      answers: {},
      errors: ['NOT_FOUND'],
    },
  },
}
