/** What this engine does not have: its lists are empty, and whoever wants something is told what there is instead. */
import { z } from 'zod'
import { sandboxDtoSchema, urlAnswerSchema } from '@/lib/process-api/sandbox'
import {
  sandboxSecretsRequestSchema,
  sandboxSecretsSchema,
  secretDtoSchema,
  secretPageSchema,
} from '@/lib/process-api/secrets'
import { sshAccessValidationSchema } from '@/lib/process-api/ssh-access'
import { metricsAnswerSchema, telemetryPageSchema, telemetryQuerySchema } from '@/lib/process-api/telemetry'
import { volumeDtoSchema } from '@/lib/process-api/volumes'
import { refusals } from '../../control-plane/routes/refusals'
import { json, type Operation, type OperationGroup, text } from '../operation'

const sandbox = { schema: z.string().max(256), about: 'Id or name of the sandbox.' }
const after = json(sandboxDtoSchema, 'The sandbox as it is now.')

const unsupported = (message: string): Pick<Operation, 'refuses' | 'answers'> => ({
  refuses: { code: 'UNPROCESSABLE_ENTITY', message },
  answers: {},
})
const forRunners: Pick<Operation, 'about' | 'refuses' | 'answers'> = {
  about: 'Asked by the machines behind a fleet, of which this engine is none.',
  refuses: { code: 'FORBIDDEN', message: refusals.runners },
  answers: {},
}
const neverFound: Pick<Operation, 'about' | 'answers' | 'errors'> = {
  about: 'There is none, so none is found.',
  answers: {},
  errors: ['NOT_FOUND'],
}

export const absentGroup: OperationGroup = {
  tag: 'Not on one machine',
  about: 'Parts of the contract that have no meaning here. Each still answers in its own form.',
  params: {
    id: { schema: z.string(), about: 'Id of what is meant.' },
    name: { schema: z.string(), about: 'Name of the volume.' },
    trace: { schema: z.string(), about: 'Id of the trace.' },
  },
  operations: {
    'POST /api/sandbox/:id/pause': {
      ...unsupported(refusals.pause),
      id: 'pauseSandbox',
      summary: 'Pause a sandbox',
      about: 'Sandboxes of this engine run or are stopped.',
      params: { id: sandbox },
      errors: ['NOT_FOUND'],
    },
    'POST /api/sandbox/:id/archive': {
      ...unsupported(refusals.archive),
      id: 'archiveSandbox',
      summary: 'Archive a sandbox',
      about: 'A stopped sandbox keeps its files where they are.',
      params: { id: sandbox },
      errors: ['NOT_FOUND'],
    },
    'GET /api/object-storage/push-access': {
      ...unsupported(refusals.objectStorage),
      id: 'getPushAccess',
      summary: 'Where files of an image are pushed to',
      about: 'Asked by clients that build images from local files.',
    },
    'GET /api/sandbox/for-runner': { ...forRunners, id: 'listForRunner', summary: 'Sandboxes of a runner' },
    'PUT /api/sandbox/:id/state': {
      ...forRunners,
      id: 'setStateByRunner',
      summary: 'Tell the state of a sandbox',
      params: { id: sandbox },
    },
    'GET /api/sandbox/:id/organization': {
      ...forRunners,
      id: 'getOrganizationForRunner',
      summary: 'Organization of a sandbox',
      params: { id: sandbox },
    },
    'GET /api/sandbox/:id/region-quota': {
      ...forRunners,
      id: 'getQuotaForRunner',
      summary: 'Quota of a sandbox’s region',
      params: { id: sandbox },
    },
    'GET /api/volumes': {
      id: 'listVolumes',
      summary: 'The volumes',
      about: 'There are none.',
      answers: { 200: json(z.array(volumeDtoSchema), 'An empty list.') },
    },
    'POST /api/volumes': {
      ...unsupported(refusals.volumes),
      id: 'createVolume',
      summary: 'Create a volume',
      about: 'Files in the home of a sandbox stay as long as the sandbox.',
    },
    'GET /api/volumes/by-name/:name': { ...neverFound, id: 'getVolumeByName', summary: 'One volume, by its name' },
    'GET /api/volumes/:id': { ...neverFound, id: 'getVolume', summary: 'One volume' },
    'DELETE /api/volumes/:id': { ...neverFound, id: 'deleteVolume', summary: 'Delete a volume' },
    'GET /api/secret': {
      id: 'listSecrets',
      summary: 'The secrets of the vault',
      about: 'There are none.',
      answers: { 200: json(z.array(secretDtoSchema), 'An empty list.') },
    },
    'GET /api/secret/paginated': {
      id: 'listSecretsByPage',
      summary: 'The secrets of the vault, in pages',
      about: 'There are none.',
      answers: { 200: json(secretPageSchema, 'An empty page.') },
    },
    'POST /api/secret': {
      ...unsupported(refusals.secrets),
      id: 'createSecret',
      summary: 'Put a secret into the vault',
      about: 'There is no vault.',
    },
    'GET /api/secret/:id': { ...neverFound, id: 'getSecret', summary: 'One secret' },
    'PATCH /api/secret/:id': { ...neverFound, id: 'changeSecret', summary: 'Change a secret' },
    'DELETE /api/secret/:id': { ...neverFound, id: 'deleteSecret', summary: 'Delete a secret' },
    'GET /api/sandbox/:id/secrets': {
      id: 'listSandboxSecrets',
      summary: 'Secrets that a sandbox is given',
      about: 'It is given none.',
      params: { id: sandbox },
      answers: { 200: json(sandboxSecretsSchema, 'An empty list.') },
      errors: ['NOT_FOUND'],
    },
    'PUT /api/sandbox/:id/secrets': {
      id: 'setSandboxSecrets',
      summary: 'Give secrets to a sandbox',
      about: 'Only an empty list is taken, which takes away what is not there.',
      params: { id: sandbox },
      body: json(sandboxSecretsRequestSchema, 'All secrets.', { secrets: [] }),
      answers: { 200: after },
      errors: ['NOT_FOUND', 'BAD_REQUEST', 'UNPROCESSABLE_ENTITY'],
    },
    'POST /api/sandbox/:id/ssh-access': {
      ...unsupported(refusals.ssh),
      id: 'createSshAccess',
      summary: 'Give access over SSH',
      about: 'Terminals do what SSH would do.',
      params: { id: sandbox },
      errors: ['NOT_FOUND'],
    },
    'DELETE /api/sandbox/:id/ssh-access': {
      id: 'revokeSshAccess',
      summary: 'Take access over SSH back',
      about: 'Nobody has any; one token by its name is not found.',
      params: { id: sandbox },
      query: z.object({ token: z.string().optional() }),
      queryNotes: { token: 'The one access that is meant; all of them without it.' },
      answers: { 200: after },
      errors: ['NOT_FOUND'],
    },
    'GET /api/sandbox/ssh-access/validate': {
      id: 'validateSshAccess',
      summary: 'Whether a token opens SSH',
      about: 'No token does: there is no SSH here.',
      answers: { 200: json(sshAccessValidationSchema, 'No.') },
    },
    'GET /api/sandbox/:id/telemetry/metrics': {
      id: 'getTelemetryMetrics',
      summary: 'Measurements over time',
      about: 'None are kept; the toolbox tells what is used now.',
      params: { id: sandbox },
      answers: { 200: json(metricsAnswerSchema, 'No series.') },
      errors: ['NOT_FOUND'],
    },
    'GET /api/sandbox/:id/telemetry/logs': {
      id: 'listTelemetryLogs',
      summary: 'Logs of a telemetry service',
      about: 'None are kept; logs of sessions and runs are in the toolbox.',
      params: { id: sandbox },
      query: telemetryQuerySchema,
      queryNotes: { page: 'Number of the page, from 1.' },
      answers: { 200: json(telemetryPageSchema, 'An empty page.') },
      errors: ['NOT_FOUND', 'BAD_REQUEST'],
    },
    'GET /api/sandbox/:id/telemetry/traces': {
      id: 'listTelemetryTraces',
      summary: 'Traces of a telemetry service',
      about: 'None are kept.',
      params: { id: sandbox },
      query: telemetryQuerySchema,
      queryNotes: { page: 'Number of the page, from 1.' },
      answers: { 200: json(telemetryPageSchema, 'An empty page.') },
      errors: ['NOT_FOUND', 'BAD_REQUEST'],
    },
    'GET /api/sandbox/:id/telemetry/traces/:trace': {
      id: 'getTelemetryTrace',
      summary: 'One trace of a telemetry service',
      about: 'None are kept.',
      params: { id: sandbox },
      answers: { 200: json(z.array(z.unknown()), 'An empty list.') },
      errors: ['NOT_FOUND'],
    },
    'GET /api/sandbox/:id/build-logs-url': {
      id: 'getBuildLogsUrl',
      summary: 'Where the log of its build is',
      about: 'For clients that show one while they wait.',
      params: { id: sandbox },
      answers: { 200: json(urlAnswerSchema, 'The address.') },
      errors: ['NOT_FOUND'],
    },
    'GET /api/sandbox/:id/build-logs': {
      id: 'getBuildLogs',
      summary: 'The log of its build',
      about: 'One line, which says that nothing was built.',
      params: { id: sandbox },
      answers: { 200: text('The line.') },
      errors: ['NOT_FOUND'],
    },
  },
}
