/** Snapshots, and the warm pool. */
import { z } from 'zod'
import { sandboxDtoSchema, urlResponseSchema } from '../sandbox'
import {
  createSandboxSnapshotRequestSchema,
  snapshotDtoSchema,
  snapshotPageSchema,
  snapshotQuerySchema,
} from '../snapshots'
import { warmPoolDtoSchema } from '../warm-pools'
import { type Area, empty, json, jsonBody, operationsOf, parameter, parametersOf, text } from './operation'
import { refusals } from './refusals'
import { sandboxParams } from './sandboxes'

const area = {
  api: 'control-plane',
  tag: 'Snapshots',
  description: 'What sandboxes can be created from: the system of this machine, and saved files of sandboxes.',
} as const satisfies Area

const path = '/api/snapshots/:id'
const params = { id: parameter(z.string(), 'Id or name of the snapshot.', { form: z.string().max(256) }) }
const poolParams = { id: parameter(z.string(), 'Id of the warm pool.') }
const snapshot = json(snapshotDtoSchema, 'The snapshot.')

export const snapshotOperations = operationsOf(area, {
  listSnapshots: {
    method: 'GET',
    path: '/api/snapshots',
    summary: 'List snapshots',
    description: 'Returns one numbered page. Snapshots that were never used come last.',
    lenientQuery: true,
    query: parametersOf(snapshotQuerySchema, {
      page: 'Number of the page, from 1.',
      limit: 'Number of snapshots per page.',
      name: 'Part of the name, ignoring case.',
      sourceSandboxId: 'Created from this sandbox.',
      sort: 'Field to sort by.',
      order: 'Sort order.',
    }),
    responses: { 200: json(snapshotPageSchema, 'One page.') },
    errors: ['BAD_REQUEST'],
  },
  createSnapshotFromImage: {
    method: 'POST',
    path: '/api/snapshots',
    summary: 'Create a snapshot from an image',
    description: 'This engine does not use images.',
    refusal: { code: 'UNPROCESSABLE_ENTITY', message: refusals.images },
    responses: {},
  },
  createSnapshot: {
    method: 'POST',
    path: '/api/sandbox/:id/snapshot',
    summary: 'Create a snapshot of a sandbox',
    description: 'Saves the present files of the home directory. The sandbox can be running.',
    params: sandboxParams,
    body: jsonBody(createSandboxSnapshotRequestSchema, 'Name of the snapshot.', {
      name: 'CreateSandboxSnapshot',
      code: 'BAD_REQUEST',
      example: { name: 'with-tools' },
    }),
    responses: { 200: json(sandboxDtoSchema, 'The sandbox.') },
    errors: [
      'NOT_FOUND',
      'BAD_REQUEST',
      'CONFLICT',
      'TOO_MANY_REQUESTS',
      'UNPROCESSABLE_ENTITY',
      'INSUFFICIENT_STORAGE',
    ],
  },
  getSnapshot: {
    method: 'GET',
    path,
    summary: 'Get a snapshot',
    description: 'Finds it by id or by name.',
    params,
    responses: { 200: snapshot },
    errors: ['NOT_FOUND'],
  },
  deleteSnapshot: {
    method: 'DELETE',
    path,
    summary: 'Delete a snapshot',
    description: 'Sandboxes that were created from it are not affected. The system of this machine cannot be deleted.',
    params,
    responses: { 200: empty('The snapshot was deleted.') },
    errors: ['NOT_FOUND', 'CONFLICT', 'UNPROCESSABLE_ENTITY'],
  },
  activateSnapshot: {
    method: 'POST',
    path: `${path}/activate`,
    summary: 'Activate a snapshot',
    description: 'Changes nothing: all snapshots of this engine are active.',
    params,
    responses: { 200: snapshot },
    errors: ['NOT_FOUND'],
  },
  deactivateSnapshot: {
    method: 'POST',
    path: `${path}/deactivate`,
    summary: 'Deactivate a snapshot',
    description: 'This engine cannot deactivate snapshots. Delete the snapshot instead.',
    refusal: { code: 'UNPROCESSABLE_ENTITY', message: refusals.deactivation('{name}') },
    params,
    responses: {},
    errors: ['NOT_FOUND'],
  },
  getSnapshotBuildLogsUrl: {
    method: 'GET',
    path: `${path}/build-logs-url`,
    summary: 'Get the address of the build log of a snapshot',
    description: 'For clients that show the log while they wait.',
    params,
    responses: { 200: json(urlResponseSchema, 'The address.') },
    errors: ['NOT_FOUND'],
  },
  getSnapshotBuildLogs: {
    method: 'GET',
    path: `${path}/build-logs`,
    summary: 'Get the build log of a snapshot',
    description: 'Returns one line, which says that nothing was built.',
    params,
    responses: { 200: text('The log.') },
    errors: ['NOT_FOUND'],
  },
  listWarmPools: {
    method: 'GET',
    path: '/api/warm-pools',
    summary: 'List warm pools',
    description:
      'A warm pool keeps started toolboxes ready, so that new sandboxes start faster. This engine has one pool at most.',
    responses: { 200: json(z.array(warmPoolDtoSchema), 'The pool, or an empty list.') },
  },
  createWarmPool: {
    method: 'POST',
    path: '/api/warm-pools',
    summary: 'Create a warm pool',
    description: 'A setting determines the size of the pool.',
    refusal: { code: 'UNPROCESSABLE_ENTITY', message: refusals.warmPools },
    responses: {},
  },
  changeWarmPool: {
    method: 'PATCH',
    path: '/api/warm-pools/:id',
    summary: 'Change a warm pool',
    description: 'A setting determines the size of the pool.',
    refusal: { code: 'UNPROCESSABLE_ENTITY', message: refusals.warmPools },
    params: poolParams,
    responses: {},
    errors: ['NOT_FOUND'],
  },
  deleteWarmPool: {
    method: 'DELETE',
    path: '/api/warm-pools/:id',
    summary: 'Delete a warm pool',
    description: 'A setting determines the size of the pool.',
    refusal: { code: 'UNPROCESSABLE_ENTITY', message: refusals.warmPools },
    params: poolParams,
    responses: {},
    errors: ['NOT_FOUND'],
  },
})
