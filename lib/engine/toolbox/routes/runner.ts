/** Execute, code-run and runs: all three share one store and one runner. */
import type { Routes } from '../../http/router'
import { RunStore } from '../run/run-store'
import { Runner } from '../run/runner'
import type { ReadServices, ToolboxServices } from '../services/services'
import { registerProcess } from './process'
import { registerRunReads, registerRuns } from './runs'

export function registerRunner(routes: Routes, services: ToolboxServices): void {
  const store = new RunStore(services)
  const runner = new Runner(services, store)
  services.events.addSource(() => store.present())
  registerProcess(routes, services, runner)
  registerRunReads(routes, store, runner, () => services.config.assetsDir)
  registerRuns(routes, store, runner)
  services.shutdown.add(async () => {
    await runner.shutdown()
    store.close()
  })
}

/** The runs of a stopped sandbox. */
export function registerStoppedRuns(routes: Routes, services: ReadServices): void {
  registerRunReads(routes, new RunStore(services), null, () => services.config.assetsDir)
}
