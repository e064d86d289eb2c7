/** Information about a toolbox, and the environment of the processes that it starts. */
import { folderResponseSchema, versionResponseSchema } from '../engine-info'
import { initializeRequestSchema, plainMessageSchema, updateEnvRequestSchema } from '../environment'
import { capabilitiesSchema, engineEventSchema } from '../extensions'
import { systemMetricsSchema } from '../metrics'
import { type Area, json, jsonBody, operationsOf } from './operation'
import { refusals } from './refusals'

const area = {
  api: 'toolbox',
  tag: 'Toolbox',
  description: 'Version, capabilities, events and environment of the toolbox of a sandbox.',
} as const satisfies Area

const folder = json(folderResponseSchema, 'An absolute path.')

export const toolboxOperations = operationsOf(area, {
  getToolboxVersion: {
    method: 'GET',
    path: '/version',
    summary: 'Get the version of the contract',
    description: 'Returns the version of the reference whose behaviour the toolbox follows. Clients compare it.',
    responses: { 200: json(versionResponseSchema, 'The version.') },
  },
  getHomeFolder: {
    method: 'GET',
    path: '/user-home-dir',
    summary: 'Get the home directory',
    description: 'Returns the home directory of the user that programs run as.',
    responses: { 200: folder },
  },
  getProjectFolder: {
    method: 'GET',
    path: '/project-dir',
    summary: 'Get the home directory, by its old name',
    description: 'Like `getHomeFolder`, for older clients.',
    deprecated: true,
    responses: { 200: folder },
  },
  getWorkFolder: {
    method: 'GET',
    path: '/work-dir',
    summary: 'Get the working directory',
    description: 'Returns the directory in which commands start and to which paths are relative.',
    responses: { 200: folder },
  },
  getCapabilities: {
    method: 'GET',
    path: '/capabilities',
    summary: 'Get the extensions of this engine',
    description: 'Call this before you use an extension. A deployment that answers 404 has none.',
    extension: true,
    responses: { 200: json(capabilitiesSchema, 'The extensions with their versions, and the limits.') },
  },
  getSystemMetrics: {
    method: 'GET',
    path: '/system/metrics',
    summary: 'Get the resource usage',
    description: 'Returns the present processor, memory and disk usage of the sandbox. Unknown values are left out.',
    responses: { 200: json(systemMetricsSchema, 'The measurements.') },
  },
  initializeToolbox: {
    method: 'POST',
    path: '/init',
    summary: 'Set a telemetry token',
    description: 'Exists for clients that send a token. This engine sends no telemetry and ignores it.',
    body: jsonBody(initializeRequestSchema, 'The token.', { name: 'InitializeRequest', example: { token: 'unused' } }),
    responses: { 200: json(plainMessageSchema, 'A confirmation.') },
    errors: ['INVALID_REQUEST_BODY'],
  },
  /** The proxy of the control plane serves it, which stores the environment with the sandbox. */
  updateEnvironment: {
    method: 'POST',
    path: '/env',
    summary: 'Change the environment',
    description:
      'Sets and removes variables of the processes that start from now on, also after the sandbox was stopped and started. Running processes are not affected.',
    body: jsonBody(updateEnvRequestSchema, 'The variables to set and to remove.', {
      name: 'UpdateEnvRequest',
      example: { set: { NODE_ENV: 'test' }, unset: ['DEBUG'] },
    }),
    responses: { 200: json(plainMessageSchema, 'A confirmation.') },
    errors: ['INVALID_REQUEST_BODY', 'BAD_REQUEST'],
  },
  useComputer: {
    method: 'ANY',
    path: '/computeruse/*',
    summary: 'Control a desktop',
    description: 'This engine has no desktops.',
    refusal: { code: 'UNPROCESSABLE_ENTITY', message: refusals.computerUse },
    responses: {},
  },
  followSandboxEvents: {
    method: 'GET',
    path: '/events',
    summary: 'Subscribe to the events of a sandbox',
    description:
      'Read the lists first, then apply the events. After a lost connection read the lists again, because events are not repeated.',
    extension: true,
    responses: {},
    socket: {
      description: 'Each text frame is one event.',
      fromServer: engineEventSchema,
      withoutUpgrade: 'not-found',
    },
  },
})
