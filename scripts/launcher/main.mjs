import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { fingerprints, isPackaged, root, stale } from '../building/freshness.mjs'
import { PlainError } from '../errors.mjs'
import { commandName } from './command-name.mjs'
import { awaitConsole, awaitEngine, forgetConnection } from './connection.mjs'
import { ensureInstalled } from './install.mjs'
import { endSandboxes } from './leftovers.mjs'
import { takeLock } from './lock.mjs'
import { freePort, missingPrograms, portProblem, requireSystemFiles } from './prerequisites.mjs'
import { say, warn } from './say.mjs'
import { engineSearch, readSettings } from './settings.mjs'
import { awaitStop } from './signals.mjs'
import { runStep } from './steps.mjs'
import { createSupervisor } from './supervisor.mjs'

/**
 * @typedef {'engine' | 'console'} ProgramName
 * @typedef {import('../building/freshness.mjs').Part} Part
 * @typedef {import('../../lib/settings/launcher-settings').LauncherSettings} Settings
 * @typedef {ReturnType<typeof createSupervisor>} Supervisor
 * @typedef {ReturnType<typeof awaitStop>} Stop
 */

/**
 * What each program is made of and how it is run.
 * @type {Record<ProgramName, {name: string, file: string, parts: Part[]}>}
 */
const programs = {
  engine: { name: 'the engine', file: 'dist/engine.mjs', parts: ['engine'] },
  console: { name: 'the console', file: 'dist/server.mjs', parts: ['server', 'next'] },
}

/**
 * How the programs are built and what follows once they run. `npm run dev` has a mode of its own.
 * @typedef {object} Mode
 * @property {'production' | 'development'} environment
 * @property {(names: ProgramName[], signal: AbortSignal) => Promise<void>} build
 * @property {(supervisor: Supervisor) => Promise<void>} started
 */

/** @type {Mode} */
const production = { environment: 'production', build: ensureBuilt, started: async () => {} }

/**
 * Start these programs and keep them running until a signal arrives, then end this process.
 * @param {ProgramName[]} names
 * @param {Mode} [mode]
 */
export async function launch(names, mode = production) {
  const stop = awaitStop()
  try {
    const settings = await prepareSettings(stop.signal)
    const lock = await takeLock(settings.dataDir, stop.signal)
    await prepare(names, mode, settings, stop.signal)
    await forgetConnection(settings.dataDir)
    await run(names, mode, settings, lock, stop)
    process.exit(0)
  } catch (error) {
    // A program that does not start is the reason why everything else was interrupted.
    const reason = stop.problem ?? error
    if (reason instanceof PlainError) {
      for (const sentence of reason.message.split('\n')) warn(sentence)
      process.exit(1)
    }
    if (stop.signal.aborted) process.exit(0)
    throw reason
  }
}

/**
 * The dependencies that the check of the settings needs, and the settings.
 * @param {AbortSignal} signal
 */
async function prepareSettings(signal) {
  requireSystemFiles()
  if (!isPackaged) {
    await ensureInstalled({ signal })
    await buildStale(['settings'], signal)
  }
  return await readSettings()
}

/**
 * Everything else before the first process: ports, build, programs.
 * @param {ProgramName[]} names
 * @param {Mode} mode
 * @param {Settings} settings
 * @param {AbortSignal} signal
 */
async function prepare(names, mode, settings, signal) {
  await choosePorts(names, settings)
  if (!isPackaged) await mode.build(names, signal)
  for (const sentence of missingPrograms(settings.env.SANDGLASS_ISOLATION, await engineSearch())) warn(sentence)
}

/**
 * @param {ProgramName[]} names
 * @param {Settings} settings whose ports are filled in
 */
async function choosePorts(names, settings) {
  if (names.includes('console')) {
    settings.port ||= await freePort(settings.host)
    settings.env.PORT = String(settings.port)
  }
  while (settings.enginePort === 0 || settings.enginePort === settings.port) {
    settings.enginePort = await freePort('127.0.0.1')
  }
  settings.env.ENGINE_PORT = String(settings.enginePort)
  const problems = [await portProblem('ENGINE_PORT', '127.0.0.1', settings.enginePort)]
  if (names.includes('console')) problems.push(await portProblem('PORT', settings.host, settings.port))
  const found = problems.filter((problem) => problem !== null)
  if (found.length > 0) throw new PlainError(found.join('\n'))
}

/**
 * @param {ProgramName[]} names
 * @param {AbortSignal} signal
 */
function ensureBuilt(names, signal) {
  return buildStale(
    names.flatMap((name) => programs[name].parts),
    signal,
  )
}

/**
 * Build those of these parts that are out of date.
 * @param {Part[]} needed
 * @param {AbortSignal} signal
 */
async function buildStale(needed, signal) {
  const parts = (await stale(await fingerprints())).filter((part) => needed.includes(part))
  if (parts.length === 0) return
  if (parts.some((part) => part !== 'settings')) {
    say(`Building ${parts.includes('next') ? 'Sandglass (about ten seconds)' : parts.join(' and ')}`)
  }
  const args = ['scripts/build.mjs', ...parts.map((part) => `--${part}`)]
  const code = await runStep(process.execPath, args, { signal, quiet: parts.every((part) => part === 'settings') })
  signal.throwIfAborted()
  if (code !== 0) throw new PlainError('The build failed; see the lines above for the reason.')
}

/**
 * @param {ProgramName[]} names
 * @param {Mode} mode
 * @param {Settings} settings
 * @param {import('./lock.mjs').Lock} lock
 * @param {Stop} stop
 */
async function run(names, mode, settings, lock, stop) {
  const supervisor = createSupervisor(
    (problem) => stop.now(problem),
    (programs) => lock.update({ programs }),
  )
  stop.onSecondSignal(() => supervisor.kill())
  stop.signal.addEventListener('abort', () => lock.update({ stopping: true }), { once: true })
  const engine = { heldFolder: false }
  try {
    const lines = await startAll(names, mode, settings, { supervisor, lock, engine }, stop.signal)
    for (const line of lines) say(line)
    await mode.started(supervisor)
    await stop.requested
    if (!stop.problem) say('Stopping')
  } finally {
    await supervisor.stop()
    // Sandboxes belong to the engine that held the folder, which may be another one.
    if (engine.heldFolder) await endSandboxes(settings.dataDir)
    lock.release()
  }
  if (stop.problem) throw stop.problem
}

/**
 * Start the programs one after the other, because both write connection.json.
 * @param {ProgramName[]} names
 * @param {Mode} mode
 * @param {Settings} settings
 * @param {{supervisor: Supervisor, lock: import('./lock.mjs').Lock, engine: {heldFolder: boolean}}} owned
 * @param {AbortSignal} signal
 * @returns {Promise<string[]>} lines that say where they are
 */
async function startAll(names, mode, settings, { supervisor, lock, engine }, signal) {
  /** @param {(typeof programs)[ProgramName]} program */
  const start = (program) => {
    say(`Starting ${program.name}`)
    return supervisor.start({
      name: program.name,
      args: ['--enable-source-maps', path.join(root, program.file)],
      env: {
        ...settings.env,
        NODE_ENV: mode.environment,
        NEXT_TELEMETRY_DISABLED: '1',
        SANDGLASS_CONSOLE_FOLLOWS: names.includes('console') ? '1' : '',
      },
      onMessage: ({ type }) => {
        if (type === 'locked') engine.heldFolder = true
      },
    })
  }
  const file = path.join(settings.dataDir, 'connection.json')
  const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'))

  start(programs.engine)
  const { apiUrl, toolboxUrl } = await awaitEngine(settings, signal)
  supervisor.markReady(programs.engine.name)
  if (!names.includes('console')) {
    return [
      `Sandglass ${version}: the engine is ready.`,
      `  API      ${apiUrl}`,
      `  Toolbox  ${toolboxUrl}`,
      `  Key      in ${file}`,
    ]
  }

  const {
    consoleUrl,
    publicUrl = consoleUrl,
    otherUrls = [],
    signInUrl,
  } = await awaitConsole(start(programs.console), signal)
  supervisor.markReady(programs.console.name)
  lock.update({ consoleUrl })
  return [
    `Sandglass ${version} is ready.`,
    `  Console  ${publicUrl}`,
    ...(publicUrl === consoleUrl ? [] : [`           ${consoleUrl} on this machine`]),
    ...otherUrls.map((url) => `           ${url} from other machines`),
    ...signInLines(signInUrl),
    `  API      ${apiUrl}  (key in ${file})`,
    'Ctrl-C stops everything.',
  ]
}

/**
 * The link itself is printed to terminals only: any other output may be a log that others can read.
 * @param {string} signInUrl
 */
function signInLines(signInUrl) {
  const command = commandName('sign-in')
  if (!process.stdout.isTTY) return [`  Sign in  run ${command} for a link that works once`]
  return [`  Sign in  ${signInUrl}`, `           (works once, within 15 minutes; ${command} prints another one)`]
}
