/** A pipe or terminal used as input, recognisable among the descriptors of any process. */
import { fstatSync, type Stats, statSync } from 'node:fs'
import { type ProcessEntry, readProc } from '../../../linux/process-table'

export interface InputChannel {
  /** True if this descriptor of the process refers to the channel; false if it is unreadable. */
  isOpenAs(process: ProcessEntry, descriptor: number): boolean
  /** Inode number as shown by `fdinfo`, which differs from `stat` on some file systems; null if unknown. */
  readonly inode: number | null
}

/** `/dev/tty`: the controlling terminal of the process. */
const ownTerminalDevice = 0x500

/** @param descriptor an open end of the pipe, needed during the call only */
export function pipeChannel(descriptor: number): InputChannel {
  const { dev, ino } = fstatSync(descriptor)
  return {
    inode: inodeOf(descriptor),
    isOpenAs: ({ pid }, number) => {
      const stats = statOf(pid, number)
      return stats !== null && stats.ino === ino && stats.dev === dev
    },
  }
}

/**
 * Null if there is no terminal of that name; its readers cannot be found then.
 * @param name of the terminal, such as `/dev/pts/3`
 * @param session the session that the terminal controls
 */
export function terminalChannel(name: string, session: number): InputChannel | null {
  const rdev = statSync(name, { throwIfNoEntry: false })?.rdev
  if (rdev === undefined) return null
  return {
    inode: null,
    isOpenAs: (process, number) => {
      const stats = statOf(process.pid, number)
      if (!stats?.isCharacterDevice()) return false
      return stats.rdev === rdev || (stats.rdev === ownTerminalDevice && process.session === session)
    },
  }
}

/** Reads `fdinfo`, which has inode numbers since Linux 5.14. */
function inodeOf(descriptor: number): number {
  const inode = /^ino:\s*(\d+)$/m.exec(readProc(`/proc/self/fdinfo/${descriptor}`) ?? '')?.[1]
  // Outside the PID namespace /proc has no entry for this process; `stat` shows the same number for its pipes.
  return inode === undefined ? fstatSync(descriptor).ino : Number(inode)
}

function statOf(pid: number, descriptor: number): Stats | null {
  try {
    return statSync(`/proc/${pid}/fd/${descriptor}`)
  } catch {
    // The descriptor is closed, or the process has exited or belongs to another user.
    return null
  }
}
