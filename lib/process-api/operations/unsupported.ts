/** Parts of the reference's contract that this engine does not have: their lists are empty, and changes are refused. */
import { z } from 'zod'
import { sandboxDtoSchema, urlResponseSchema } from '../sandbox'
import { sandboxSecretsRequestSchema, sandboxSecretsSchema, secretDtoSchema, secretPageSchema } from '../secrets'
import { sshAccessValidationSchema } from '../ssh-access'
import { metricsResponseSchema, telemetryPageSchema, telemetryQuerySchema } from '../telemetry'
import { volumeDtoSchema } from '../volumes'
import { type Area, json, jsonBody, operationsOf, parameter, parametersOf, text } from './operation'
import { refusals } from './refusals'
import { sandboxParams } from './sandboxes'

const area = {
  api: 'control-plane',
  tag: 'Unsupported operations',
  description: 'Operations that this engine does not support. Each still responds in the form that clients expect.',
} as const satisfies Area

const params = sandboxParams
const sandbox = json(sandboxDtoSchema, 'The sandbox.')
const volumeParams = { id: parameter(z.string(), 'Id of the volume.') }
const secretParams = { id: parameter(z.string(), 'Id of the secret.') }
const telemetryQuery = parametersOf(telemetryQuerySchema, { page: 'Number of the page, from 1.' })

const unsupported = (message: string) =>
  ({ refusal: { code: 'UNPROCESSABLE_ENTITY', message }, responses: {} }) as const
const forRunners = {
  description: 'Used by the machines of a fleet. This engine is not part of one.',
  refusal: { code: 'FORBIDDEN', message: refusals.runners },
  responses: {},
} as const
const neverFound = { responses: {}, errors: ['NOT_FOUND'] } as const

export const unsupportedOperations = operationsOf(area, {
  pauseSandbox: {
    ...unsupported(refusals.pause),
    method: 'POST',
    path: '/api/sandbox/:id/pause',
    summary: 'Pause a sandbox',
    description: 'This engine cannot pause sandboxes.',
    params,
    errors: ['NOT_FOUND'],
  },
  getPushAccess: {
    ...unsupported(refusals.objectStorage),
    method: 'GET',
    path: '/api/object-storage/push-access',
    summary: 'Get access to the object storage',
    description: 'Used by clients that build images from local files.',
  },
  listForRunner: {
    ...forRunners,
    method: 'GET',
    path: '/api/sandbox/for-runner',
    summary: 'List the sandboxes of a runner',
  },
  setStateByRunner: {
    ...forRunners,
    method: 'PUT',
    path: '/api/sandbox/:id/state',
    summary: 'Report the state of a sandbox',
    params,
  },
  getOrganizationForRunner: {
    ...forRunners,
    method: 'GET',
    path: '/api/sandbox/:id/organization',
    summary: 'Get the organization of a sandbox',
    params,
  },
  getQuotaForRunner: {
    ...forRunners,
    method: 'GET',
    path: '/api/sandbox/:id/region-quota',
    summary: 'Get the region quota of a sandbox',
    params,
  },
  listVolumes: {
    method: 'GET',
    path: '/api/volumes',
    summary: 'List volumes',
    description: 'Always returns an empty list.',
    responses: { 200: json(z.array(volumeDtoSchema), 'An empty list.') },
  },
  createVolume: {
    ...unsupported(refusals.volumes),
    method: 'POST',
    path: '/api/volumes',
    summary: 'Create a volume',
    description: 'This engine has no volumes. Files in the home directory of a sandbox last as long as the sandbox.',
  },
  getVolumeByName: {
    ...neverFound,
    method: 'GET',
    path: '/api/volumes/by-name/:name',
    summary: 'Get a volume by its name',
    description: 'Always returns 404.',
    params: { name: parameter(z.string(), 'Name of the volume.') },
  },
  getVolume: {
    ...neverFound,
    method: 'GET',
    path: '/api/volumes/:id',
    summary: 'Get a volume',
    description: 'Always returns 404.',
    params: volumeParams,
  },
  deleteVolume: {
    ...neverFound,
    method: 'DELETE',
    path: '/api/volumes/:id',
    summary: 'Delete a volume',
    description: 'Always returns 404.',
    params: volumeParams,
  },
  listSecrets: {
    method: 'GET',
    path: '/api/secret',
    summary: 'List secrets',
    description: 'Always returns an empty list.',
    responses: { 200: json(z.array(secretDtoSchema), 'An empty list.') },
  },
  listSecretsByPage: {
    method: 'GET',
    path: '/api/secret/paginated',
    summary: 'List secrets in pages',
    description: 'Always returns an empty page.',
    responses: { 200: json(secretPageSchema, 'An empty page.') },
  },
  createSecret: {
    ...unsupported(refusals.secrets),
    method: 'POST',
    path: '/api/secret',
    summary: 'Create a secret',
    description: 'This engine has no vault for secrets.',
  },
  getSecret: {
    ...neverFound,
    method: 'GET',
    path: '/api/secret/:id',
    summary: 'Get a secret',
    description: 'Always returns 404.',
    params: secretParams,
  },
  changeSecret: {
    ...neverFound,
    method: 'PATCH',
    path: '/api/secret/:id',
    summary: 'Change a secret',
    description: 'Always returns 404.',
    params: secretParams,
  },
  deleteSecret: {
    ...neverFound,
    method: 'DELETE',
    path: '/api/secret/:id',
    summary: 'Delete a secret',
    description: 'Always returns 404.',
    params: secretParams,
  },
  listSandboxSecrets: {
    method: 'GET',
    path: '/api/sandbox/:id/secrets',
    summary: 'List the secrets of a sandbox',
    description: 'Always returns an empty list.',
    params,
    responses: { 200: json(sandboxSecretsSchema, 'An empty list.') },
    errors: ['NOT_FOUND'],
  },
  setSandboxSecrets: {
    method: 'PUT',
    path: '/api/sandbox/:id/secrets',
    summary: 'Replace the secrets of a sandbox',
    description: 'Only an empty list, which changes nothing, is accepted.',
    params,
    body: jsonBody(sandboxSecretsRequestSchema, 'All secrets.', {
      name: 'UpdateSandboxSecrets',
      code: 'BAD_REQUEST',
      example: { secrets: [] },
    }),
    responses: { 200: sandbox },
    errors: ['NOT_FOUND', 'BAD_REQUEST', 'UNPROCESSABLE_ENTITY'],
  },
  createSshAccess: {
    ...unsupported(refusals.ssh),
    method: 'POST',
    path: '/api/sandbox/:id/ssh-access',
    summary: 'Create SSH access',
    description: 'This engine has no SSH access. Open a terminal instead.',
    params,
    errors: ['NOT_FOUND'],
  },
  revokeSshAccess: {
    method: 'DELETE',
    path: '/api/sandbox/:id/ssh-access',
    summary: 'Revoke SSH access',
    description: 'Does nothing without a token, and returns 404 for every token.',
    params,
    query: { token: parameter(z.string().optional(), 'The access to revoke; all by default.') },
    responses: { 200: sandbox },
    errors: ['NOT_FOUND'],
  },
  validateSshAccess: {
    method: 'GET',
    path: '/api/sandbox/ssh-access/validate',
    summary: 'Check whether a token gives SSH access',
    description: 'Always reports that the token is not valid.',
    responses: { 200: json(sshAccessValidationSchema, '`valid` is false.') },
  },
  getTelemetryMetrics: {
    method: 'GET',
    path: '/api/sandbox/:id/telemetry/metrics',
    summary: 'Get past measurements',
    description: 'Always returns an empty list. `getSystemMetrics` returns the present values.',
    params,
    responses: { 200: json(metricsResponseSchema, 'An empty list.') },
    errors: ['NOT_FOUND'],
  },
  listTelemetryLogs: {
    method: 'GET',
    path: '/api/sandbox/:id/telemetry/logs',
    summary: 'List telemetry logs',
    description: 'Always returns an empty page. The toolbox returns the logs of sessions and runs.',
    params,
    lenientQuery: true,
    query: telemetryQuery,
    responses: { 200: json(telemetryPageSchema, 'An empty page.') },
    errors: ['NOT_FOUND', 'BAD_REQUEST'],
  },
  listTelemetryTraces: {
    method: 'GET',
    path: '/api/sandbox/:id/telemetry/traces',
    summary: 'List telemetry traces',
    description: 'Always returns an empty page.',
    params,
    lenientQuery: true,
    query: telemetryQuery,
    responses: { 200: json(telemetryPageSchema, 'An empty page.') },
    errors: ['NOT_FOUND', 'BAD_REQUEST'],
  },
  getTelemetryTrace: {
    method: 'GET',
    path: '/api/sandbox/:id/telemetry/traces/:trace',
    summary: 'Get a telemetry trace',
    description: 'Always returns an empty list.',
    params: { ...params, trace: parameter(z.string(), 'Id of the trace.') },
    responses: { 200: json(z.array(z.unknown()), 'An empty list.') },
    errors: ['NOT_FOUND'],
  },
  getBuildLogsUrl: {
    method: 'GET',
    path: '/api/sandbox/:id/build-logs-url',
    summary: 'Get the address of the build log of a sandbox',
    description: 'For clients that show the log while they wait.',
    params,
    responses: { 200: json(urlResponseSchema, 'The address.') },
    errors: ['NOT_FOUND'],
  },
  getBuildLogs: {
    method: 'GET',
    path: '/api/sandbox/:id/build-logs',
    summary: 'Get the build log of a sandbox',
    description: 'Returns one line, which says that nothing was built.',
    params,
    responses: { 200: text('The log.') },
    errors: ['NOT_FOUND'],
  },
})
