/** Keeps child processes running until it is stopped, and then waits until all have exited. */
import { spawn } from 'node:child_process'
import { root } from '../building/freshness.mjs'
import { PlainError } from '../errors.mjs'
import { identify } from './host-process.mjs'
import { warn } from './say.mjs'

const firstDelayMs = 250
const maxDelayMs = 10_000
/** A child that ran this long works: its next crash counts as the first one. */
const settledMs = 30_000
/** Crashes in a row, before the child was ever ready, after which no further start is tried. */
const startAttempts = 3
/** EX_CONFIG of sysexits(3): the program printed a sentence about a setting, which another start cannot change. */
const refusedExitCode = 78
/** Everything ends within 5 s of a signal, so what has not exited by then is killed. */
const shutdownTimeoutMs = 4_000

/**
 * @typedef {import('./host-process.mjs').HostProcess} HostProcess
 *
 * @typedef {object} Program
 * @property {string} name as in sentences: "the engine"
 * @property {string[]} args for node
 * @property {Record<string, string>} env added to ours
 * @property {(message: {type: string}) => void} [onMessage] called with each message of the program
 *
 * @typedef {{type: 'ready', consoleUrl: string, signInUrl: string, publicUrl?: string, otherUrls?: string[]}} ReadyMessage
 *
 * @typedef {object} Slot
 * @property {import('node:child_process').ChildProcess | null} child
 * @property {NodeJS.Timeout | undefined} timer of the next start
 * @property {boolean} ready whether the program was ever ready
 * @property {boolean} restarting
 * @property {number} crashes in a row
 * @property {(message: ReadyMessage) => void} onReady
 */

/**
 * Start programs and keep them running.
 *
 * Each child has its own session, so a Ctrl-C in the terminal reaches this process only, which then decides on the order
 * of the shutdown. The IPC channel closes when this process is killed, and each child then ends itself.
 * @param {(problem: PlainError) => void} onGiveUp called once when a program does not start
 * @param {(running: HostProcess[]) => void} [onStart] called after each start of a program, with all that run
 */
export function createSupervisor(onGiveUp, onStart) {
  /** @type {Map<string, Slot>} */
  const slots = new Map()
  let stopping = false

  /**
   * @param {Program} program
   * @returns {Promise<ReadyMessage>} the first message with `type: 'ready'`, from any start of the program
   */
  function start(program) {
    return new Promise((resolve) => {
      /** @type {Slot} */
      const slot = { child: null, timer: undefined, ready: false, restarting: false, crashes: 0, onReady: resolve }
      slots.set(program.name, slot)
      run(program, slot)
    })
  }

  /**
   * @param {Program} program
   * @param {Slot} slot
   */
  function run(program, slot) {
    const startedAt = performance.now()
    const child = spawn(process.execPath, program.args, {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, ...program.env },
    })
    slot.child = child
    onStart?.(children().flatMap(({ pid }) => (pid && identify(pid)) || []))
    child.on('message', (message) => {
      if (!hasType(message)) return
      program.onMessage?.(message)
      if (isReady(message)) slot.onReady(message)
    })
    child.once('error', (error) => onEnd(program, slot, startedAt, error.message))
    child.once('exit', (code, signal) => {
      const isRefused = code === refusedExitCode
      onEnd(program, slot, startedAt, signal ? `signal ${signal}` : `exit code ${code}`, isRefused)
    })
  }

  /**
   * @param {Program} program
   * @param {Slot} slot
   * @param {number} startedAt
   * @param {string} how
   * @param {boolean} [isRefused]
   */
  function onEnd(program, slot, startedAt, how, isRefused = false) {
    if (slot.child === null) return
    slot.child = null
    if (stopping) return
    if (slot.restarting) {
      slot.restarting = false
      run(program, slot)
      return
    }
    if (performance.now() - startedAt > settledMs) slot.crashes = 0
    slot.crashes += 1
    if (!slot.ready && isRefused) {
      onGiveUp(new PlainError(`${capitalised(program.name)} does not start; see the line above for the reason.`))
      return
    }
    if (!slot.ready && slot.crashes >= startAttempts) {
      onGiveUp(
        new PlainError(`${capitalised(program.name)} does not start (${how}); see the lines above for the reason.`),
      )
      return
    }
    const delay = Math.min(firstDelayMs * 2 ** (slot.crashes - 1), maxDelayMs)
    warn(`${capitalised(program.name)} ended unexpectedly (${how}); starting it again in ${delay / 1000} s.`)
    slot.timer = setTimeout(() => run(program, slot), delay)
  }

  /**
   * From now on, a crash of this program is always followed by another start.
   * @param {string} name
   */
  function markReady(name) {
    const slot = slots.get(name)
    if (slot) slot.ready = true
  }

  /**
   * End a program with this signal and start it at once, because it was built anew.
   * @param {string} name
   * @param {NodeJS.Signals} signal
   */
  function restart(name, signal) {
    const slot = slots.get(name)
    if (!slot?.child) return
    slot.restarting = true
    slot.child.kill(signal)
  }

  function children() {
    return [...slots.values()].flatMap((slot) => (slot.child ? [slot.child] : []))
  }

  /** @param {NodeJS.Signals} signal */
  function signalAll(signal) {
    for (const child of children()) child.kill(signal)
  }

  /** Ask every child to end, kill those that have not after 4 s, and resolve when all have exited. */
  async function stop() {
    stopping = true
    for (const slot of slots.values()) clearTimeout(slot.timer)
    const exited = Promise.all(children().map((child) => new Promise((resolve) => child.once('exit', resolve))))
    signalAll('SIGTERM')
    const timer = setTimeout(() => signalAll('SIGKILL'), shutdownTimeoutMs)
    await exited
    clearTimeout(timer)
  }

  return {
    start,
    markReady,
    restart,
    stop,
    /** Kill every child at once. */
    kill: () => signalAll('SIGKILL'),
    /**
     * The process id of a running program.
     * @param {string} name
     */
    pid: (name) => slots.get(name)?.child?.pid,
  }
}

/**
 * @param {unknown} message
 * @returns {message is {type: string}}
 */
function hasType(message) {
  return typeof message === 'object' && message !== null && 'type' in message && typeof message.type === 'string'
}

/**
 * @param {{type: string}} message
 * @returns {message is ReadyMessage}
 */
function isReady(message) {
  return message.type === 'ready'
}

/** @param {string} text */
function capitalised(text) {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
