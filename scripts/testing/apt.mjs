/** Packages of Debian and Ubuntu, for tests on a fresh machine where we may install them. */
import { findProgram } from '../launcher/prerequisites.mjs'
import { runStep } from '../launcher/steps.mjs'

/** True as root where apt is the package manager. */
export function hasApt() {
  return process.getuid?.() === 0 && findProgram('apt-get') !== null
}

let updated = false

/**
 * Install packages with their dependencies and nothing else.
 * @param {string[]} packages
 * @returns {Promise<boolean>} whether apt succeeded
 */
export async function aptInstall(packages) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  if (!updated) {
    await runStep('apt-get', ['update', '-qq'], { env })
    updated = true
  }
  return (await runStep('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env })) === 0
}
