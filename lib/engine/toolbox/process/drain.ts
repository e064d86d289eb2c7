/** What is waited for after the leader's exit, in ms: this long without output, and no longer than the cap. */
const idleMs = 20
const capMs = 250

interface Draining {
  readonly isEnded: boolean
  readonly ended: Promise<void>
  readonly lastDataAt: number
  /** Hand on what is in the pipe now. */
  readNow(): void
}

/**
 * Take the last output of a process that has exited. Usually its pipes end by now; where a survivor holds one, the
 * wait is for a short silence, so that `sleep 300 & echo hi` returns at once. What the process itself printed is never
 * missing: the pipes are emptied first, and again before a silence is believed, because on a busy machine a timer may
 * fire before the event loop has come round to reading.
 */
export async function drain(pipes: readonly Draining[]): Promise<void> {
  const open = pipes.filter((pipe) => !pipe.isEnded)
  if (open.length === 0) return
  const since = performance.now()
  await new Promise<void>((resolve) => {
    let timer: NodeJS.Timeout
    const finish = () => {
      clearTimeout(timer)
      resolve()
    }
    const look = () => {
      for (const pipe of open) pipe.readNow()
      const quietSince = Math.max(since, ...open.map((pipe) => pipe.lastDataAt))
      const wait = Math.min(quietSince + idleMs, since + capMs) - performance.now()
      // A timer can be late, and then it comes before the pipes were looked at: an immediate comes after that.
      if (wait > 0) timer = setTimeout(() => setImmediate(look), wait)
      else finish()
    }
    look()
    void Promise.all(open.map((pipe) => pipe.ended)).then(finish)
  })
}
