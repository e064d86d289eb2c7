/** What is waited for after the leader's exit, in ms: this long without output, and no longer than the cap. */
const idleMs = 20
const capMs = 250

interface Draining {
  readonly isEnded: boolean
  readonly ended: Promise<void>
  readonly lastDataAt: number
}

/**
 * Wait for the last output of a process that has exited. Usually its pipes have ended by now; where a survivor holds
 * one, the wait is for a short silence, so that `sleep 300 & echo hi` returns at once with all of `hi`.
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
      const quietSince = Math.max(since, ...open.map((pipe) => pipe.lastDataAt))
      const wait = Math.min(quietSince + idleMs, since + capMs) - performance.now()
      if (wait > 0) timer = setTimeout(look, wait)
      else finish()
    }
    look()
    void Promise.all(open.map((pipe) => pipe.ended)).then(finish)
  })
}
