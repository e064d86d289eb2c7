/** What the toolbox says about itself and about its folders. */
import { sendJson } from '../http/reply'
import type { Routes } from '../http/router'
import type { ToolboxServices } from '../services'

/** The version of the reference whose wire contract is spoken; clients compare it. */
export const contractVersion = '0.190.0'

export function registerInfo(routes: Routes, services: ToolboxServices): void {
  const { config } = services
  routes.route('GET', '/version', ({ response }) => sendJson(response, 200, { version: contractVersion }))
  routes.route('GET', '/user-home-dir', ({ response }) => sendJson(response, 200, { dir: config.homeDir }))
  routes.route('GET', '/project-dir', ({ response }) => sendJson(response, 200, { dir: config.homeDir }))
  routes.route('GET', '/work-dir', ({ response }) => sendJson(response, 200, { dir: config.workDir }))
}
