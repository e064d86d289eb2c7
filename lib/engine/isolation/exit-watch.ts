/**
 * Notices the exits of processes that are not children of the engine. One timer serves all of them, and `/proc/{pid}/stat`
 * stays open: reading it again takes a third of the time of opening it, and never finds another process with the same pid.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { type HostProcess, isRunning } from './host-process'

const intervalMs = 250
/** Longer than a line of `/proc/{pid}/stat`. */
const buffer = Buffer.allocUnsafeSlow(4096)

interface Watched {
  readonly processes: ReadonlyArray<{ process: HostProcess; descriptor: number | null }>
  readonly exited: () => void
}

const watched = new Set<Watched>()
let timer: NodeJS.Timeout | null = null

/** Resolves when one of the processes has exited. */
export function firstExit(processes: readonly HostProcess[]): Promise<void> {
  return new Promise((resolve) => {
    const each: Watched = {
      processes: processes.map((process) => ({ process, descriptor: openStat(process) })),
      exited: resolve,
    }
    watched.add(each)
    check(each)
    if (watched.size === 0) return
    timer ??= setInterval(() => {
      for (const one of watched) check(one)
    }, intervalMs).unref()
  })
}

function check(each: Watched): void {
  if (
    each.processes.every(({ process, descriptor }) => (descriptor === null ? isRunning(process) : isAlive(descriptor)))
  )
    return
  watched.delete(each)
  for (const { descriptor } of each.processes) if (descriptor !== null) closeSync(descriptor)
  if (watched.size === 0 && timer) {
    clearInterval(timer)
    timer = null
  }
  each.exited()
}

/** Null if the file cannot be opened. The descriptor may be that of another process if this one has exited before. */
function openStat(process: HostProcess): number | null {
  try {
    const descriptor = openSync(`/proc/${process.pid}/stat`, 'r')
    // Checked after the file was opened: from now on both mean the same process.
    if (isRunning(process)) return descriptor
    closeSync(descriptor)
  } catch {
    // Checked by its pid instead.
  }
  return null
}

/** False for a zombie too. */
function isAlive(descriptor: number): boolean {
  try {
    const text = buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, buffer.length, 0))
    return !/^ [ZX]/.test(text.slice(text.lastIndexOf(')') + 1))
  } catch {
    // The process has been reaped.
    return false
  }
}
