/** The time column of a list of rows. */
export type TimeMode = 'clock' | 'start' | 'previous'

export const timeModes = [
  { value: 'clock', label: 'Time of day' },
  { value: 'start', label: 'Since the first line' },
  { value: 'previous', label: 'Since the line before' },
] as const satisfies readonly { value: TimeMode; label: string }[]

/**
 * The text of the column: `14:02:11.018`, `+12.345` since the start, or `+0.120` since the row before.
 * @param wallMs ms since epoch; null where unknown
 * @param before the reference: the start, or the time of the row before; null where unknown
 */
export function timeText(mode: TimeMode, wallMs: number | null, before: number | null): string {
  if (wallMs === null || !Number.isFinite(wallMs)) return ''
  if (mode === 'clock') return clockTime(wallMs)
  return before === null || !Number.isFinite(before) ? '' : sinceText(wallMs - before)
}

/** `+0.120`, `+1:02.003`, `+1:00:02.003`; in seconds, minutes and hours. */
function sinceText(ms: number): string {
  const rounded = Math.max(0, Math.round(ms))
  const hours = Math.floor(rounded / 3_600_000)
  const minutes = Math.floor(rounded / 60_000) % 60
  const seconds = ((rounded % 60_000) / 1000).toFixed(3)
  if (hours > 0) return `+${hours}:${String(minutes).padStart(2, '0')}:${seconds.padStart(6, '0')}`
  return minutes > 0 ? `+${minutes}:${seconds.padStart(6, '0')}` : `+${seconds}`
}

/** `14:02:11.018` in the user's timezone. */
export function clockTime(wallMs: number): string {
  const at = new Date(wallMs)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`
}
