/** Longest delay of one timer; a longer one fires at once. */
const longest = 2 ** 31 - 1

/** Call `expired` after so many seconds, which may be more than a timer can hold. Returns what calls it off. */
export function startDeadline(seconds: number, expired: () => void): () => void {
  const end = performance.now() + seconds * 1000
  let timer: NodeJS.Timeout
  const wait = () => {
    const left = end - performance.now()
    timer = left > longest ? setTimeout(wait, longest) : setTimeout(expired, Math.max(0, left))
  }
  wait()
  return () => clearTimeout(timer)
}
