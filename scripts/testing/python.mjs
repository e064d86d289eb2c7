/** A Python with the official SDK, in a virtual environment that is kept between runs. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { root } from '../building/freshness.mjs'
import { findProgram } from '../launcher/prerequisites.mjs'
import { say } from '../launcher/say.mjs'
import { aptInstall, hasApt } from './apt.mjs'

/** The one place that names the version of the SDK. */
const requirements = path.join(root, 'conformance', 'python', 'requirements.txt')
const oldest = [3, 10]
const installMs = 300_000

/**
 * @returns {Promise<{python: string} | {why: string}>} the interpreter, or why there is none: a machine without Python
 * or without a package index is no failure of what is tested.
 */
export async function ensurePythonSdk() {
  if (!findProgram('python3') && hasApt()) await aptInstall(['python3', 'python3-venv'])
  if (!findProgram('python3')) return { why: 'python3 is not installed' }
  const asked = await capture('python3', ['-c', 'import sys; print(*sys.version_info[:3], sys.base_prefix)'])
  const [major, minor] = asked.stdout.split(' ').map(Number)
  if (asked.code !== 0) return { why: `python3 does not work: ${lastLine(asked.stderr)}` }
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
    return { why: `the SDK needs Python ${oldest.join('.')} and this is ${major}.${minor}` }
  }
  const key = createHash('sha256')
    .update(asked.stdout)
    .update(await readFile(requirements))
  const cache = process.env.XDG_CACHE_HOME ?? path.join(tmpdir(), 'sandglass-test-cache')
  return await ensureEnvironment(path.join(cache, `python-sdk-${key.digest('hex').slice(0, 12)}`))
}

/** A folder without the mark is what an interrupted installation left. */
async function ensureEnvironment(folder) {
  const python = path.join(folder, 'bin', 'python')
  const mark = path.join(folder, 'complete')
  if ((await exists(mark)) && (await capture(python, ['-c', 'import daytona'])).code === 0) return { python }
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  say(`Installing the official Python SDK into ${folder}`)
  const make = () => capture('python3', ['-m', 'venv', '--clear', folder])
  let made = await make()
  if (made.code !== 0 && hasApt() && (await aptInstall(['python3-venv']))) made = await make()
  // Debian's message is on stdout: its Python comes without what makes these environments.
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
  await writeFile(mark, '')
  return { python }
}

/** Run a program to its end. A signal, such as that of the time limit, is code null. */
function capture(command, args, timeout = 60_000) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout, killSignal: 'SIGKILL' })
    const output = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', (text) => {
        output[name] += text
      })
    }
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, ...output }))
  })
}

async function exists(file) {
  try {
    await stat(file)
    return true
  } catch (error) {
    if (error.code === 'ENOENT') return false
    throw error
  }
}

function lastLine(text) {
  return text.trim().split('\n').at(-1) || 'it took too long'
}
