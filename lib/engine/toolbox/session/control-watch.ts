/**
 * Notices a shell that waits for its next line although a command is said to run: its report was lost, or the shell
 * ignores what it reads. Without this such a command would never end.
 */
import { readFileSync, readlinkSync } from 'node:fs'

/** Time until the first check. Later checks are less frequent: nearly every command has ended by then. */
const firstCheckMs = 500
const checkIntervalMs = 2_000

export class ControlWatch {
  private readonly controlLink: string | null
  private timer: NodeJS.Timeout | null = null

  /** @param pid of a shell that was just started: its descriptor 0 is still its control pipe */
  constructor(private readonly pid: number) {
    this.controlLink = linkOf(pid)
  }

  /**
   * Watch one command.
   * @param askAgain called at the first check that finds the shell waiting
   * @param giveUp called when it still waits at the next one
   */
  start(askAgain: () => void, giveUp: () => void): void {
    let asked = false
    const check = () => {
      if (this.isWaiting()) {
        if (asked) {
          giveUp()
          return
        }
        asked = true
        askAgain()
        this.timer = setTimeout(check, firstCheckMs)
      } else {
        asked = false
        this.timer = setTimeout(check, checkIntervalMs)
      }
      this.timer.unref()
    }
    this.stop()
    this.timer = setTimeout(check, firstCheckMs)
    this.timer.unref()
  }

  stop(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
  }

  /**
   * A command has its own descriptor 0, so a shell whose descriptor 0 is the control pipe, that sleeps and has no
   * child, reads its next line. (With a child it runs a PROMPT_COMMAND.)
   */
  private isWaiting(): boolean {
    return this.controlLink !== null && linkOf(this.pid) === this.controlLink && isBlockedInBuiltin(this.pid)
  }
}

/** True for a shell that sleeps without a child. False also where the kernel does not say. */
export function isBlockedInBuiltin(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const sleeps = stat.slice(stat.lastIndexOf(')') + 2).startsWith('S')
    return sleeps && readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1') === ''
  } catch {
    return false
  }
}

function linkOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/fd/0`)
  } catch {
    return null
  }
}
