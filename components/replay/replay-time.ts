/** `0:07`, `12:34`, `1:02:03`. @param tenths add a tenth of a second, for short recordings */
export function formatPosition(ms: number, tenths = false): string {
  const total = Math.floor(ms / (tenths ? 100 : 1000)) / (tenths ? 10 : 1)
  const hours = Math.floor(total / 3600)
  const minutes = Math.floor(total / 60) % 60
  const seconds = total % 60
  const shown = tenths ? seconds.toFixed(1).padStart(4, '0') : String(seconds).padStart(2, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${shown}` : `${minutes}:${shown}`
}

/** The same in words, for a screen reader. */
export function spokenPosition(ms: number): string {
  const total = Math.floor(ms / 1000)
  const parts = [
    [Math.floor(total / 3600), 'hour'],
    [Math.floor(total / 60) % 60, 'minute'],
    [total % 60, 'second'],
  ] as const
  const words = parts.filter(([count, unit]) => count > 0 || unit === 'second')
  return words.map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`).join(' ')
}

/** The time in an address, `t` in seconds; 0 where there is none. */
export function startMsOf(search: string): number {
  const seconds = Number(new URLSearchParams(search).get('t'))
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0
}
