/** What a toolbox says about itself, and the environment of what it starts. */

import { folderAnswerSchema, versionAnswerSchema } from '@/lib/process-api/engine-info'
import { initializeRequestSchema, plainMessageSchema, updateEnvRequestSchema } from '@/lib/process-api/environment'
import { capabilitiesSchema, engineEventSchema } from '@/lib/process-api/extensions'
import { systemMetricsSchema } from '@/lib/process-api/metrics'
import { json, type OperationGroup } from '../operation'

export const infoGroup: OperationGroup = {
  tag: 'Toolbox',
  about: 'What the toolbox of a sandbox says about itself, and the environment of what it starts.',
  params: {},
  operations: {
    'GET /version': {
      id: 'getToolboxVersion',
      summary: 'Version of the contract',
      about: 'The version of the reference whose behaviour the toolbox follows; clients compare it.',
      answers: { 200: json(versionAnswerSchema, 'The version.') },
    },
    'GET /user-home-dir': {
      id: 'getHomeFolder',
      summary: 'The home folder',
      about: 'The home of the user that programs run as.',
      answers: { 200: json(folderAnswerSchema, 'An absolute path.') },
    },
    'GET /project-dir': {
      id: 'getProjectFolder',
      summary: 'The home folder, by its old name',
      about: 'The same as `user-home-dir`, for older clients.',
      deprecated: true,
      answers: { 200: json(folderAnswerSchema, 'An absolute path.') },
    },
    'GET /work-dir': {
      id: 'getWorkFolder',
      summary: 'The working folder',
      about: 'Where commands start, and where relative paths begin.',
      answers: { 200: json(folderAnswerSchema, 'An absolute path.') },
    },
    'GET /capabilities': {
      id: 'getCapabilities',
      summary: 'What this engine can do beyond the reference',
      about: 'Ask this before using an extension: another deployment answers 404, and then has none of them.',
      extension: true,
      answers: { 200: json(capabilitiesSchema, 'The extensions, each with its version, and the limits.') },
    },
    'GET /system/metrics': {
      id: 'getSystemMetrics',
      summary: 'What the sandbox uses now',
      about: 'Processor, memory and disk of the whole sandbox at this moment. What cannot be measured is left out.',
      answers: { 200: json(systemMetricsSchema, 'The measurements.') },
    },
    'POST /init': {
      id: 'initializeToolbox',
      summary: 'Take a telemetry token',
      about: 'Kept for clients that send one. This engine sends no telemetry and does nothing with it.',
      body: json(initializeRequestSchema, 'The token.', { token: 'unused' }),
      answers: { 200: json(plainMessageSchema, 'A sentence.') },
      errors: ['INVALID_REQUEST_BODY'],
    },
    'POST /env': {
      id: 'updateEnvironment',
      summary: 'Change the environment',
      about:
        'Changes the variables of everything that is started from now on, also after a stop and a start. What runs already keeps what it has.',
      body: json(updateEnvRequestSchema, 'What is set and what goes.', { set: { NODE_ENV: 'test' }, unset: ['DEBUG'] }),
      answers: { 200: json(plainMessageSchema, 'A sentence.') },
      errors: ['INVALID_REQUEST_BODY', 'BAD_REQUEST'],
    },
    'GET /events': {
      id: 'followSandboxEvents',
      summary: 'Changes in one sandbox, as they happen',
      about:
        'Read the lists first, then apply what arrives here. After a broken connection read the lists again: nothing is sent twice.',
      extension: true,
      answers: {},
      socket: {
        about: 'One event in each text frame.',
        fromServer: engineEventSchema,
        plain: 'none',
      },
    },
  },
}
