/** A Python with the official SDK, in a virtual environment that later runs use again. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { root } from '../building/freshness.mjs'
import { codeOf } from '../errors.mjs'
import { findProgram } from '../launcher/prerequisites.mjs'
import { say } from '../launcher/say.mjs'
import { aptInstall, hasApt } from './apt.mjs'

/** The one place that names the version of the SDK. */
const requirements = path.join(root, 'conformance', 'python', 'requirements.txt')
/** @type {[major: number, minor: number]} */
const minVersion = [3, 10]
const installMs = 300_000

/**
 * @returns {Promise<{python: string} | {why: string}>} the interpreter, or why there is none: a machine without Python or
 *   without a package index is not a failure of the product.
 */
export async function ensurePythonSdk() {
  if (!findProgram('python3') && hasApt()) await aptInstall(['python3', 'python3-venv'])
  if (!findProgram('python3')) return { why: 'python3 is not installed' }
  const version = await capture('python3', ['-c', 'import sys; print(*sys.version_info[:3], sys.base_prefix)'])
  const [major = 0, minor = 0] = version.stdout.split(' ').map(Number)
  if (version.code !== 0) return { why: `python3 does not work: ${lastLine(version.stderr)}` }
  if (major < minVersion[0] || (major === minVersion[0] && minor < minVersion[1])) {
    return { why: `the SDK needs Python ${minVersion.join('.')}, and this is ${major}.${minor}` }
  }
  const key = createHash('sha256')
    .update(version.stdout)
    .update(await readFile(requirements))
  const cache = process.env.XDG_CACHE_HOME ?? path.join(tmpdir(), 'sandglass-test-cache')
  return await ensureEnvironment(path.join(cache, `python-sdk-${key.digest('hex').slice(0, 12)}`))
}

/**
 * A folder without the file `complete` is an interrupted installation.
 * @param {string} folder
 * @returns {Promise<{python: string} | {why: string}>}
 */
async function ensureEnvironment(folder) {
  const python = path.join(folder, 'bin', 'python')
  const complete = path.join(folder, 'complete')
  if ((await exists(complete)) && (await capture(python, ['-c', 'import daytona'])).code === 0) return { python }
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  say(`Installing the official Python SDK into ${folder}`)
  const make = () => capture('python3', ['-m', 'venv', '--clear', folder])
  let made = await make()
  if (made.code !== 0 && hasApt() && (await aptInstall(['python3-venv']))) made = await make()
  // Debian's Python has no module venv by itself, and prints that to stdout.
  if (made.code !== 0) return { why: `no virtual environment could be made: ${lastLine(made.stderr || made.stdout)}` }
  const install = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--retries',
    '2',
    '-r',
    requirements,
  ]
  const installed = await capture(python, install, installMs)
  if (installed.code !== 0) return { why: `pip could not install the SDK: ${lastLine(installed.stderr)}` }
  await writeFile(complete, '')
  return { python }
}

/**
 * Run a program to its end.
 * @param {string} command
 * @param {string[]} args
 * @param {number} [timeout] in ms
 * @returns {Promise<{code: number | null, stdout: string, stderr: string}>} code null after a signal, as at the timeout
 */
function capture(command, args, timeout = 60_000) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout, killSignal: 'SIGKILL' })
    const output = { stdout: '', stderr: '' }
    for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
      child[name].setEncoding('utf8').on('data', (text) => {
        output[name] += text
      })
    }
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, ...output }))
  })
}

/** @param {string} file */
async function exists(file) {
  try {
    await stat(file)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

/** @param {string} text */
function lastLine(text) {
  return text.trim().split('\n').at(-1) || 'it took too long'
}
