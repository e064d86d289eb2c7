/** Every route of the toolbox, of which `lib/engine/openapi` has a description each. */

import type { Routes } from '../http/router'
import { registerEvents } from './events/routes'
import { registerFiles } from './files/routes'
import { registerInfo } from './info/routes'
import { registerInternal } from './internal/routes'
import { registerInterpreter } from './interpreter/routes'
import { registerPorts } from './ports/routes'
import { registerProcessView } from './process/view-routes'
import { registerPty } from './pty/routes'
import { registerRunner } from './run/register'
import type { ToolboxServices } from './services'
import { registerSessions } from './session/routes'

/** @param endAll ends everything that the sandbox runs */
export function registerToolbox(routes: Routes, services: ToolboxServices, endAll: () => Promise<void>): void {
  registerAreas(routes, services)
  registerInternal(routes, services, endAll)
}

/** The routes of every area; what the engine alone may ask is not among them. */
export function registerAreas(routes: Routes, services: ToolboxServices): void {
  registerInfo(routes, services)
  registerFiles(routes, services)
  registerPorts(routes, services)
  registerEvents(routes, services)
  registerRunner(routes, services)
  registerSessions(routes, services)
  registerInterpreter(routes, services)
  registerPty(routes, services)
  registerProcessView(routes, services)
}
