import type { ReplayClock } from '@/lib/replay/replay-player'

export const browserClock: ReplayClock = {
  now: () => performance.now(),
  setTimer: (callback, ms) => {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
}
