/** Maximum delay of one timer; a longer one would fire immediately. */
const maxTimerMs = 2 ** 31 - 1

/** Call `expired` after a delay that may exceed the maximum of a timer. Returns a function that cancels it. */
export function startDeadline(seconds: number, expired: () => void): () => void {
  const end = performance.now() + seconds * 1000
  let timer: NodeJS.Timeout
  const wait = () => {
    const remaining = end - performance.now()
    timer = remaining > maxTimerMs ? setTimeout(wait, maxTimerMs) : setTimeout(expired, Math.max(0, remaining))
  }
  wait()
  return () => clearTimeout(timer)
}
