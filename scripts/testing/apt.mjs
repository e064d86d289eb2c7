/** Packages of Debian and Ubuntu, for tests on a fresh machine where we may install them. */
import { findProgram } from '../launcher/prerequisites.mjs'
import { runStep } from '../launcher/steps.mjs'

/** True as root where apt is the package manager. */
export function hasApt() {
  return process.getuid?.() === 0 && findProgram('apt-get') !== null
}

const env = { DEBIAN_FRONTEND: 'noninteractive' }
let updated = false

async function update() {
  if (!updated) await runStep('apt-get', ['update', '-qq'], { env })
  updated = true
}

/**
 * Install packages with their dependencies and nothing else.
 * @param {string[]} packages
 * @returns {Promise<boolean>} whether apt succeeded
 */
export async function aptInstall(packages) {
  await update()
  return (await runStep('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env })) === 0
}

/**
 * Put the files of packages into a folder, without installing them and without their dependencies.
 * @param {string[]} packages
 * @param {string} folder
 * @returns {Promise<boolean>} whether all were unpacked
 */
export async function aptUnpack(packages, folder) {
  await update()
  const script = 'cd "$0"; apt-get download -qq "$@"; for file in *.deb; do dpkg -x "$file" .; rm "$file"; done'
  return (await runStep('sh', ['-ec', script, folder, ...packages], { env })) === 0
}
