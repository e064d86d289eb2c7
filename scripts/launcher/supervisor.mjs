/** Keeps child processes running until it is told to stop them, and then sees them all gone. */
import { spawn } from 'node:child_process'
import { root } from '../building/freshness.mjs'
import { PlainError, warn } from './say.mjs'

const firstDelayMs = 250
const maxDelayMs = 10_000
/** A child that ran this long is taken to work: its next crash is a first one again. */
const settledMs = 30_000
/** Crashes in a row before the child was ever ready, after which a start is given up. */
const startAttempts = 3
/** The promise is 5 s from the signal to the last process; what is not gone by then is killed. */
const shutdownTimeoutMs = 4_000

/**
 * @typedef {object} Program
 * @property {string} name as in sentences: "the engine"
 * @property {string[]} args for node
 * @property {Record<string, string>} env added to ours
 */

/**
 * Start programs and keep them.
 *
 * Each child has a session of its own, so a Ctrl-C in the terminal reaches only us and the order of the end is ours.
 * The IPC channel is how a child notices that we were killed: it closes, and the child then ends itself.
 * @param {(problem: PlainError) => void} onGiveUp called once when a program does not come up
 */
export function createSupervisor(onGiveUp) {
  /** @type {Map<string, {child: import('node:child_process').ChildProcess | null, timer?: NodeJS.Timeout}>} */
  const slots = new Map()
  let stopping = false

  /**
   * @param {Program} program
   * @returns a promise of the first message that says `type: 'ready'`, from whichever start of the program
   */
  function start(program) {
    return new Promise((resolve) => {
      const slot = { child: null, timer: undefined, ready: false, renewing: false, crashes: 0, onReady: resolve }
      slots.set(program.name, slot)
      run(program, slot)
    })
  }

  function run(program, slot) {
    const begun = performance.now()
    const child = spawn(process.execPath, program.args, {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, ...program.env },
    })
    slot.child = child
    child.on('message', (message) => {
      if (message?.type === 'ready') slot.onReady(message)
    })
    child.once('error', (error) => ended(program, slot, begun, error.message))
    child.once('exit', (code, signal) => ended(program, slot, begun, signal ? `signal ${signal}` : `exit code ${code}`))
  }

  function ended(program, slot, begun, how) {
    if (slot.child === null) return
    slot.child = null
    if (stopping) return
    if (slot.renewing) {
      slot.renewing = false
      run(program, slot)
      return
    }
    if (performance.now() - begun > settledMs) slot.crashes = 0
    slot.crashes += 1
    if (!slot.ready && slot.crashes >= startAttempts) {
      onGiveUp(new PlainError(`${capitalised(program.name)} does not start (${how}); the lines above say why.`))
      return
    }
    const delay = Math.min(firstDelayMs * 2 ** (slot.crashes - 1), maxDelayMs)
    warn(`${capitalised(program.name)} ended unexpectedly (${how}); starting it again in ${delay / 1000} s.`)
    slot.timer = setTimeout(() => run(program, slot), delay)
  }

  /** From now on a crash of this program is always followed by another start. */
  function markReady(name) {
    const slot = slots.get(name)
    if (slot) slot.ready = true
  }

  /** End a program with this signal and start it at once, because it was built anew. */
  function restart(name, signal) {
    const slot = slots.get(name)
    if (!slot?.child) return
    slot.renewing = true
    slot.child.kill(signal)
  }

  function living() {
    return [...slots.values()].flatMap((slot) => (slot.child ? [slot.child] : []))
  }

  function signalAll(name) {
    for (const child of living()) child.kill(name)
  }

  /** Ask every child to end, kill what has not after 4 s, and resolve when none is left. */
  async function stop() {
    stopping = true
    for (const slot of slots.values()) clearTimeout(slot.timer)
    const gone = Promise.all(living().map((child) => new Promise((resolve) => child.once('exit', resolve))))
    signalAll('SIGTERM')
    const timer = setTimeout(() => signalAll('SIGKILL'), shutdownTimeoutMs)
    await gone
    clearTimeout(timer)
  }

  return {
    start,
    markReady,
    restart,
    stop,
    /** Do not wait any longer. */
    kill: () => signalAll('SIGKILL'),
    /** The process id of a running program. */
    pid: (name) => slots.get(name)?.child?.pid,
  }
}

function capitalised(text) {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
