/** Reads what a person types to go to a place of a log: a line number, a percentage, or a time. */
import type { Location } from './journal-queries'

/**
 * `5000000` or `5,000,000` is a line, `50%` a percentage, `14:02`, `14:02:11.018` and `2026-12-01 14:02` are times in the
 * user's timezone. A time of day is that of the log's first day on which it is not before the start.
 * @param startMs when the first output arrived, ms since epoch; null where that is unknown
 * @returns the location, or one sentence that says what is wrong
 */
export function parseLocation(text: string, startMs: number | null): Location | string {
  const trimmed = text.trim()
  const digits = trimmed.replace(/(?<=\d)[,_\u202f\u00a0 ](?=\d{3}(\D|$))/g, '')
  if (/^\d+$/.test(digits)) {
    const line = Number(digits)
    if (line < 1 || !Number.isSafeInteger(line)) return 'Lines are numbered from 1.'
    return { line }
  }
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(trimmed)
  if (percent) {
    const value = Number(percent[1])
    return value <= 100 ? { percent: value } : 'A percentage is at most 100.'
  }
  return parseTime(trimmed, startMs) ?? 'Type a line number, a percentage such as 50%, or a time such as 14:02:11.'
}

function parseTime(text: string, startMs: number | null): Location | string | null {
  const match = /^(?:(\d{4})-(\d\d)-(\d\d)[T ])?(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,3}))?)?$/.exec(text)
  if (!match) return null
  const [, year, month, day, hour, minute, second = '0', fraction = '0'] = match
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return 'This time of day does not exist.'
  const clock = [Number(hour), Number(minute), Number(second), Number(fraction.padEnd(3, '0'))] as const
  if (year !== undefined) return { time: new Date(Number(year), Number(month) - 1, Number(day), ...clock).getTime() }
  if (startMs === null) return 'This log has no recorded times.'
  const at = new Date(startMs)
  at.setHours(...clock)
  // A second of tolerance: the start has milliseconds, which a typed time usually leaves out.
  if (at.getTime() < startMs - 1000) at.setDate(at.getDate() + 1)
  return { time: at.getTime() }
}
