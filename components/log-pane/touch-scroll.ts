/** Scrolling by touch, with inertia: xterm itself scrolls only by wheel and scrollbar. */

/** The share of the speed that is left after one millisecond. */
const decay = 0.995
/** Pixels per millisecond below which the scrolling stops. */
const minSpeed = 0.05

/**
 * @param scrollBy scrolls by a number of pixels
 * @returns a function that removes the listeners
 */
export function addTouchScroll(element: HTMLElement, scrollBy: (pixels: number) => void): () => void {
  const listeners = new AbortController()
  const options = { passive: true, signal: listeners.signal }
  let last: { y: number; at: number } | null = null
  let speed = 0
  let frame = 0
  const glideFrom = (before: number) => {
    if (Math.abs(speed) <= minSpeed) return
    frame = requestAnimationFrame((now) => {
      scrollBy(speed * (now - before))
      speed *= decay ** (now - before)
      glideFrom(now)
    })
  }
  const onStart = (event: TouchEvent) => {
    cancelAnimationFrame(frame)
    speed = 0
    const touch = event.touches[0]
    last = touch && event.touches.length === 1 ? { y: touch.clientY, at: event.timeStamp } : null
  }
  const onMove = (event: TouchEvent) => {
    const touch = event.touches[0]
    if (!last || !touch) return
    const moved = last.y - touch.clientY
    speed = moved / Math.max(1, event.timeStamp - last.at)
    last = { y: touch.clientY, at: event.timeStamp }
    scrollBy(moved)
  }
  const onEnd = () => {
    last = null
    glideFrom(performance.now())
  }
  element.addEventListener('touchstart', onStart, options)
  element.addEventListener('touchmove', onMove, options)
  element.addEventListener('touchend', onEnd, options)
  return () => {
    listeners.abort()
    cancelAnimationFrame(frame)
  }
}
