/** Every route of the toolbox: the handlers of its operations, and internal routes for the engine. */

import type { Routes } from '../../http/router'
import type { ToolboxServices } from '../services/services'
import { registerEvents } from './events'
import { registerFiles } from './files'
import { registerGit } from './git'
import { registerInfo } from './info'
import { registerInternal } from './internal'
import { registerInterpreter } from './interpreter'
import { registerLsp } from './lsp'
import { registerPorts } from './ports'
import { registerProcessView } from './processes'
import { registerPty } from './pty'
import { registerRunner } from './runner'
import { registerSessions } from './sessions'

/** @param endAll ends all processes of the sandbox */
export function registerToolbox(routes: Routes, services: ToolboxServices, endAll: () => Promise<void>): void {
  registerAreas(routes, services)
  registerInternal(routes, services, endAll)
}

/** The routes of every area; internal routes are not included. */
export function registerAreas(routes: Routes, services: ToolboxServices): void {
  registerInfo(routes, services)
  registerFiles(routes, services)
  registerGit(routes, services)
  registerLsp(routes, services)
  registerPorts(routes, services)
  registerEvents(routes, services)
  registerRunner(routes, services)
  registerSessions(routes, services)
  registerInterpreter(routes, services)
  registerPty(routes, services)
  registerProcessView(routes, services)
}
