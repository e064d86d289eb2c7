/** What the machine must have (free ports) and should have (programs that sandboxes use). */

import { randomInt } from 'node:crypto'
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { codeOf, PlainError } from '../errors.mjs'

/**
 * The path of a program in the PATH, or null: for tools of the shell. What sandboxes use is found by `lib/settings/programs.ts`.
 * @param {string} name
 */
export function findProgram(name) {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    if (folder === '') continue
    const candidate = path.join(folder, name)
    try {
      accessSync(candidate, constants.X_OK)
      if (statSync(candidate).isFile()) return candidate
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP'].includes(codeOf(error) ?? '')) throw error
    }
  }
  return null
}

/**
 * How a Debian, Fedora, Arch, Alpine or openSUSE user installs a package.
 * @param {string} packageName
 */
function howToGet(packageName) {
  /** @type {[program: string, command: string][]} */
  const managers = [
    ['apt-get', `apt-get install ${packageName}`],
    ['dnf', `dnf install ${packageName}`],
    ['pacman', `pacman -S ${packageName}`],
    ['apk', `apk add ${packageName}`],
    ['zypper', `zypper install ${packageName}`],
  ]
  const found = managers.find(([program]) => findProgram(program))
  return found ? `install it with "${found[1]}"` : `install the package ${packageName}`
}

/**
 * What every process of Sandglass needs of a root file system.
 * @throws {PlainError} with one sentence for each missing part
 */
export function requireSystemFiles() {
  if (process.platform !== 'linux') return
  const problems = []
  if (!existsSync('/proc/self/stat')) problems.push('/proc is not mounted; run: mount -t proc proc /proc')
  if (!existsSync('/dev/null')) problems.push('/dev has no devices; mount it, as with: mount -t devtmpfs devtmpfs /dev')
  if (problems.length > 0) throw new PlainError(problems.join('\n'))
}

/**
 * One sentence for each missing program: what is missing, what will not work, how to install it.
 * @param {string | undefined} isolation the setting
 * @param {(name: string) => string | null} find the search of the engine
 */
export function missingPrograms(isolation, find) {
  /** @type {string[]} */
  const sentences = []
  if (process.platform !== 'linux') {
    sentences.push(
      `The engine needs Linux, and this is ${process.platform}: sandboxes may not start. Use a Linux machine, a virtual machine or WSL 2.`,
    )
  }
  if (!find('bash')) {
    sentences.push(`bash is missing: shell sessions and commands will not work; ${howToGet('bash')}.`)
  }
  if (!find('python3')) {
    sentences.push(`python3 is missing: Python code runs will not work; ${howToGet('python3')}.`)
  }
  if (isolation !== 'none' && process.platform === 'linux') {
    if (!find('bwrap')) {
      sentences.push(
        `bwrap is missing: sandboxes are ordinary processes of your user, not separated from this machine; ${howToGet('bubblewrap')}.`,
      )
    } else if (!find('slirp4netns')) {
      sentences.push(
        `slirp4netns is missing: sandboxes share this machine's network, its loopback included; ${howToGet('slirp4netns')}.`,
      )
    } else if (!find('ip')) {
      sentences.push(
        `ip is missing: sandboxes can reach the networks of this machine, and network policies are not enforced; ${howToGet('iproute2')}.`,
      )
    }
  }
  return sentences
}

/** Below the ports that systems give to outgoing connections, any of which could take the port before it is used. */
const firstPort = 20_000
const lastPort = 31_999
const maxAttempts = 50

/**
 * A free port on this host, for a setting of 0.
 * @param {string} host
 */
export async function freePort(host) {
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const port = randomInt(firstPort, lastPort + 1)
    try {
      await close(await listen(host, port))
      return port
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE') throw error
    }
  }
  const server = await listen(host, 0)
  const address = server.address()
  await close(server)
  if (address === null || typeof address === 'string') throw new TypeError('the server does not listen on a port')
  return address.port
}

/**
 * Null when the port can be listened on, else a sentence.
 * @param {string} setting name of the variable
 * @param {string} host
 * @param {number} port
 */
export async function portProblem(setting, host, port) {
  try {
    await close(await listen(host, port))
    return null
  } catch (error) {
    switch (codeOf(error)) {
      case 'EADDRINUSE':
        return `Port ${port} on ${host} is taken by another program; stop that program, or choose another port with ${setting}, as in "${setting}=${port + 1} npm start".`
      case 'EACCES':
        return `Port ${port} needs more permissions than this user has; choose a port above 1023 with ${setting}.`
      case 'EADDRNOTAVAIL':
      case 'ENOTFOUND':
      case 'EAI_AGAIN':
        return `${host} is not an address of this machine; set HOST to one that is, such as 127.0.0.1.`
      default:
        throw error
    }
  }
}

/**
 * @param {string} host
 * @param {number} port
 * @returns {Promise<import('node:net').Server>}
 */
function listen(host, port) {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => resolve(server))
  })
}

/**
 * @param {import('node:net').Server} server
 * @returns {Promise<void>}
 */
function close(server) {
  return new Promise((resolve) => {
    server.close(() => resolve())
  })
}
