/** Everything that a toolbox answers to clients. */
import { registerEvents } from './events/routes'
import { registerFiles } from './files/routes'
import type { Routes } from './http/router'
import { registerInfo } from './info/routes'
import { registerInterpreter } from './interpreter/routes'
import { registerPorts } from './ports/routes'
import { registerPty } from './pty/routes'
import { registerRunner } from './run/register'
import type { ToolboxServices } from './services'
import { registerSessions } from './session/routes'

/** Register the routes of every area; what the engine alone may ask is not among them. */
export function registerAreas(routes: Routes, services: ToolboxServices): void {
  registerInfo(routes, services)
  registerFiles(routes, services)
  registerPorts(routes, services)
  registerEvents(routes, services)
  registerRunner(routes, services)
  registerSessions(routes, services)
  registerInterpreter(routes, services)
  registerPty(routes, services)
}
