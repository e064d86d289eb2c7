/** After the leader's exit, wait until there was no output for `idleMs`, but at most `maxDrainMs`. */
const idleMs = 20
const maxDrainMs = 250

interface DrainedPipe {
  readonly isEnded: boolean
  readonly ended: Promise<void>
  readonly lastDataAt: number
  /** Deliver everything that is in the pipe now. */
  readNow(): void
}

/**
 * Read the last output of a process that has exited. Usually its pipes have ended; if a surviving process holds one, wait
 * only for a short silence, so that `sleep 300 & echo hi` returns immediately. Output of the process itself is never
 * lost: the pipes are emptied at the start, and again before a silence counts, because on a busy machine a timer may fire
 * before the event loop has read them.
 */
export async function drain(pipes: readonly DrainedPipe[]): Promise<void> {
  const open = pipes.filter((pipe) => !pipe.isEnded)
  if (open.length === 0) return
  const since = performance.now()
  await new Promise<void>((resolve) => {
    let timer: NodeJS.Timeout
    const finish = () => {
      clearTimeout(timer)
      resolve()
    }
    const check = () => {
      for (const pipe of open) pipe.readNow()
      const quietSince = Math.max(since, ...open.map((pipe) => pipe.lastDataAt))
      const wait = Math.min(quietSince + idleMs, since + maxDrainMs) - performance.now()
      // A late timer fires before the pipes were read; an immediate runs after that.
      if (wait > 0) timer = setTimeout(() => setImmediate(check), wait)
      else finish()
    }
    check()
    void Promise.all(open.map((pipe) => pipe.ended)).then(finish)
  })
}
