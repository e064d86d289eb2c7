/** The pipe or the terminal that something reads its input from, recognised among the descriptors of any process. */
import { fstatSync, type Stats, statSync } from 'node:fs'
import { type ProcessEntry, readProc } from '../../../linux/process-table'

export interface InputChannel {
  /** True when this descriptor of the process leads to the channel. False where it cannot be seen. */
  isBehind(process: ProcessEntry, descriptor: number): boolean
  /** Number of the inode as `fdinfo` tells it, which differs from `stat` on some file systems; null where unknown. */
  readonly inode: number | null
}

/** `/dev/tty`: whatever terminal the process belongs to. */
const ownTerminalDevice = 0x500

/** @param descriptor an open end of the pipe, needed during the call only */
export function pipeChannel(descriptor: number): InputChannel {
  const { dev, ino } = fstatSync(descriptor)
  return {
    inode: inodeOf(descriptor),
    isBehind: ({ pid }, number) => {
      const stats = statOf(pid, number)
      return stats !== null && stats.ino === ino && stats.dev === dev
    },
  }
}

/**
 * Null where the terminal is not to be found by its name; then nothing can be told of its readers.
 * @param name of the terminal, such as `/dev/pts/3`
 * @param session the session that it controls
 */
export function terminalChannel(name: string, session: number): InputChannel | null {
  const rdev = statSync(name, { throwIfNoEntry: false })?.rdev
  if (rdev === undefined) return null
  return {
    inode: null,
    isBehind: (process, number) => {
      const stats = statOf(process.pid, number)
      if (!stats?.isCharacterDevice()) return false
      return stats.rdev === rdev || (stats.rdev === ownTerminalDevice && process.session === session)
    },
  }
}

/** Told since Linux 5.14. */
function inodeOf(descriptor: number): number {
  const inode = /^ino:\s*(\d+)$/m.exec(readProc(`/proc/self/fdinfo/${descriptor}`) ?? '')?.[1]
  // Outside the PID namespace /proc has no entry for this process; its pipes are on a file system that tells the same.
  return inode === undefined ? fstatSync(descriptor).ino : Number(inode)
}

function statOf(pid: number, descriptor: number): Stats | null {
  try {
    return statSync(`/proc/${pid}/fd/${descriptor}`)
  } catch {
    // It is closed, the process has gone, or it is another user's.
    return null
  }
}
