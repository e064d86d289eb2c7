/** What the toolbox says about itself and about its folders. */
import { initializeRequestSchema, type PlainMessage } from '@/lib/process-api/environment'
import type { Capabilities } from '@/lib/process-api/extensions'
import { codeLanguageSchema } from '@/lib/process-api/process'
import { sendJson } from '../../http/reply'
import type { Routes } from '../../http/router'
import { MetricsReader } from '../info/metrics'
import type { ToolboxServices } from '../services/services'

/** The version of the reference whose wire contract is spoken; clients compare it. */
export const contractVersion = '0.190.0'

export function registerInfo(routes: Routes, services: ToolboxServices): void {
  const { config } = services
  routes.route('GET', '/version', ({ response }) => sendJson(response, 200, { version: contractVersion }))
  routes.route('GET', '/user-home-dir', ({ response }) => sendJson(response, 200, { dir: config.homeDir }))
  routes.route('GET', '/project-dir', ({ response }) => sendJson(response, 200, { dir: config.homeDir }))
  routes.route('GET', '/work-dir', ({ response }) => sendJson(response, 200, { dir: config.workDir }))
  routes.route('GET', '/capabilities', ({ response }) => sendJson(response, 200, capabilitiesOf(services)))

  const metrics = new MetricsReader(services)
  routes.route('GET', '/system/metrics', async ({ response }) => sendJson(response, 200, await metrics.read()))

  routes.route('POST', '/init', async (context) => {
    await context.json(initializeRequestSchema, { name: 'InitializeRequest' })
    sendJson(context.response, 200, { message: 'Ready; this engine sends no telemetry' } satisfies PlainMessage)
  })
}

function capabilitiesOf({ config, instanceId }: ToolboxServices): Capabilities {
  const { journalBytes, bodyBytes, commandBytes, keptRuns } = config.limits
  return {
    engine: 'sandglass',
    version: contractVersion,
    instanceId,
    isolation: config.isolation,
    extensions: {
      journal: 1,
      search: 1,
      events: 1,
      runs: 1,
      signals: 1,
      input: 1,
      charts: 1,
      interpreter: 1,
      pty: 1,
      processes: 1,
    },
    interpreterLanguages: codeLanguageSchema.options,
    limits: { journalBytes, bodyBytes, commandBytes, keptRuns },
  }
}
