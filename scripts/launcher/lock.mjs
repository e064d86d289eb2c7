/**
 * One launcher for each data directory. `launcher.lock` names the launcher that holds the folder and the programs that it
 * started; it is void once all of them have exited. `engine.lock` names the engine, which can also run without a launcher.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { codeOf, PlainError } from '../errors.mjs'
import { commandName } from './command-name.mjs'
import { identify, isRunning } from './host-process.mjs'
import { say } from './say.mjs'

const pollIntervalMs = 50
/** A launcher ends everything within 5 s of a signal, and its programs end themselves within 5 s of its death. */
export const stopTimeoutMs = 10_000

/**
 * @typedef {import('./host-process.mjs').HostProcess} HostProcess
 *
 * @typedef {object} Holder what `launcher.lock` contains
 * @property {number} pid
 * @property {number} startTicks
 * @property {HostProcess[]} programs the engine and the console, as far as they were started
 * @property {string} [consoleUrl]
 * @property {boolean} [stopping]
 *
 * @typedef {object} Lock
 * @property {(changes: Partial<Holder>) => void} update
 * @property {() => void} release
 */

/** @param {string} dataDir */
const lockFile = (dataDir) => path.join(dataDir, 'launcher.lock')

/**
 * Take the folder. Waits for a predecessor that is stopping, or whose launcher was killed.
 * @param {string} dataDir
 * @param {AbortSignal} signal
 * @returns {Promise<Lock>}
 * @throws {PlainError} if Sandglass runs with this folder
 */
export async function takeLock(dataDir, signal) {
  const file = lockFile(dataDir)
  const draft = `${file}.${process.pid}`
  /** @type {Holder} */
  let holder = { ...ownProcess(), programs: [] }
  const deadline = performance.now() + stopTimeoutMs
  let waits = false
  while (!linkExclusively(draft, file, holder, dataDir)) {
    const running = predecessor(dataDir)
    if (running.length === 0) {
      removeVoid(file)
      continue
    }
    if (performance.now() > deadline) throw doesNotEnd(running)
    if (!waits)
      say(`Waiting until the Sandglass that used this data directory has stopped (process ${running[0]?.pid})`)
    waits = true
    await delay(pollIntervalMs, undefined, { signal })
  }
  const release = () => {
    if (readHolder(dataDir)?.pid === process.pid) rmSync(file, { force: true })
  }
  process.once('exit', release)
  try {
    await awaitForeignEngine(dataDir, deadline, signal)
  } catch (error) {
    release()
    throw error
  }
  return {
    update(changes) {
      holder = { ...holder, ...changes }
      try {
        writeFileSync(draft, JSON.stringify(holder), { mode: 0o600 })
        renameSync(draft, file)
      } catch {
        // A full disk: the lock still names this process.
        rmSync(draft, { force: true })
      }
    },
    release,
  }
}

/**
 * What still runs of an earlier Sandglass that is stopping or whose launcher was killed.
 * @param {string} dataDir
 * @throws {PlainError} if it is not stopping
 */
function predecessor(dataDir) {
  const other = readHolder(dataDir)
  if (other !== null && isRunning(other) && !other.stopping) {
    throw alreadyRuns(other.consoleUrl === undefined ? '' : `console ${other.consoleUrl}, `, other.pid)
  }
  return runningOf(other)
}

/**
 * An engine that was started without a launcher, or by an earlier version.
 * @param {string} dataDir
 * @param {number} deadline
 * @param {AbortSignal} signal
 */
async function awaitForeignEngine(dataDir, deadline, signal) {
  for (;;) {
    const engine = readEngine(dataDir)
    if (engine === null || !isRunning(engine)) return
    if (engine.apiUrl && (await isHealthy(engine.apiUrl))) throw alreadyRuns(`engine ${engine.apiUrl}, `, engine.pid)
    if (performance.now() > deadline) throw doesNotEnd([engine])
    await delay(pollIntervalMs, undefined, { signal })
  }
}

/**
 * The launcher and the programs that hold a data directory, as far as they run: the launcher first.
 * @param {string} dataDir
 * @returns {{launcher: HostProcess | null, programs: HostProcess[]}}
 */
export function holdersOf(dataDir) {
  const holder = readHolder(dataDir)
  const engine = readEngine(dataDir)
  const programs = [...(holder?.programs ?? [])]
  if (engine !== null && !programs.some(({ pid }) => pid === engine.pid)) programs.push(engine)
  return { launcher: holder !== null && isRunning(holder) ? holder : null, programs: programs.filter(isRunning) }
}

/**
 * Remove the lock of a launcher that no longer runs.
 * @param {string} dataDir
 */
export function removeVoidLock(dataDir) {
  if (runningOf(readHolder(dataDir)).length === 0) rmSync(lockFile(dataDir), { force: true })
}

function ownProcess() {
  return identify(process.pid) ?? { pid: process.pid, startTicks: 0 }
}

/** @param {Holder | null} holder */
function runningOf(holder) {
  return holder === null ? [] : [holder, ...holder.programs].filter(isRunning)
}

/**
 * Linking is atomic, so only one of two launchers that start together gets the lock.
 * @param {string} draft
 * @param {string} file
 * @param {Holder} holder
 * @param {string} dataDir
 */
function linkExclusively(draft, file, holder, dataDir) {
  try {
    writeFileSync(draft, JSON.stringify(holder), { mode: 0o600 })
    linkSync(draft, file)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw new PlainError(
      `The data directory ${dataDir} cannot be written (${codeOf(error)}); free some space, or set SANDGLASS_DATA_DIR to another directory.`,
    )
  } finally {
    rmSync(draft, { force: true })
  }
}

/**
 * Remove a void lock, and put back the lock of another launcher that was faster.
 * @param {string} file
 */
function removeVoid(file) {
  const taken = `${file}.void.${process.pid}`
  try {
    renameSync(file, taken)
    if (runningOf(parse(taken)).length > 0) linkSync(taken, file)
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes(codeOf(error) ?? '')) throw error
  } finally {
    rmSync(taken, { force: true })
  }
}

/**
 * @param {string} dataDir
 * @returns {Holder | null}
 */
function readHolder(dataDir) {
  const holder = parse(lockFile(dataDir))
  return holder !== null && Array.isArray(holder.programs) ? holder : null
}

/**
 * @param {string} dataDir
 * @returns {HostProcess & {apiUrl?: string} | null}
 */
function readEngine(dataDir) {
  return parse(path.join(dataDir, 'engine.lock'))
}

/**
 * An unreadable lock has no holder.
 * @param {string} file
 */
function parse(file) {
  try {
    const content = JSON.parse(readFileSync(file, 'utf8'))
    return Number.isInteger(content?.pid) ? content : null
  } catch (error) {
    if (codeOf(error) !== undefined || error instanceof SyntaxError) return null
    throw error
  }
}

/** @param {string} apiUrl */
async function isHealthy(apiUrl) {
  try {
    return (await fetch(`${apiUrl}/health`, { signal: AbortSignal.timeout(5_000) })).ok
  } catch {
    return false
  }
}

/**
 * @param {string} address with the comma behind it
 * @param {number} pid
 */
function alreadyRuns(address, pid) {
  const signIn = address.startsWith('console') ? ` ${commandName('sign-in')} prints a link.` : ''
  return new PlainError(`Sandglass already runs with this data folder (${address}process ${pid}).${signIn}`)
}

/** @param {HostProcess[]} running */
function doesNotEnd(running) {
  const pids = running.map(({ pid }) => pid).join(', ')
  return new PlainError(
    `An earlier Sandglass with this data directory has not ended (process ${pids}); ${commandName('stop')} ends it.`,
  )
}
