/** Information about the toolbox and its directories. */
import { contractVersion } from '@/lib/process-api/engine-info'
import type { Capabilities } from '@/lib/process-api/extensions'
import { toolboxOperations } from '@/lib/process-api/operations/toolbox'
import { codeLanguageSchema } from '@/lib/process-api/process'
import { refusalOf } from '../../http/refusal'
import type { Routes } from '../../http/router'
import { MetricsReader } from '../info/metrics'
import type { ToolboxServices } from '../services/services'

export function registerInfo(routes: Routes, services: ToolboxServices): void {
  const { config } = services
  routes.on(toolboxOperations.getToolboxVersion, ({ reply }) => reply(200, { version: contractVersion }))
  routes.on(toolboxOperations.getHomeFolder, ({ reply }) => reply(200, { dir: config.homeDir }))
  routes.on(toolboxOperations.getProjectFolder, ({ reply }) => reply(200, { dir: config.homeDir }))
  routes.on(toolboxOperations.getWorkFolder, ({ reply }) => reply(200, { dir: config.workDir }))
  routes.on(toolboxOperations.getCapabilities, ({ reply }) => reply(200, capabilitiesOf(services)))

  routes.on(toolboxOperations.useComputer, () => {
    throw refusalOf(toolboxOperations.useComputer)
  })

  const metrics = new MetricsReader(services)
  routes.on(toolboxOperations.getSystemMetrics, async ({ reply }) => reply(200, await metrics.read()))

  routes.on(toolboxOperations.initializeToolbox, async ({ body, reply }) => {
    await body()
    reply(200, { message: 'Ready; this engine sends no telemetry' })
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
      lines: 1,
      replay: 1,
      matches: 1,
      events: 1,
      runs: 1,
      signals: 1,
      input: 1,
      charts: 1,
      interpreter: 1,
      pty: 1,
      processes: 1,
      listeners: 1,
    },
    interpreterLanguages: codeLanguageSchema.options,
    limits: { journalBytes, bodyBytes, commandBytes, keptRuns },
  }
}
