/** Durations, ages and sizes for people. Durations are rounded down, so that none is overstated. */

const minute = 60
const hour = 60 * minute
const day = 24 * hour

/** `840 ms`, `1.8 s`, `48.2 s`, `1m 12s`, `3h 4m`, `2d 5h`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.floor(milliseconds)} ms`
  const seconds = Math.floor(milliseconds / 100) / 10
  if (seconds < minute) return `${seconds.toFixed(1)} s`
  return formatSeconds(Math.floor(seconds))
}

/** A ticking age in whole seconds, so that the digits do not flicker. */
export function formatAge(milliseconds: number): string {
  return formatSeconds(Math.max(0, Math.floor(milliseconds / 1000)))
}

function formatSeconds(total: number): string {
  if (total < minute) return `${total}s`
  if (total < hour) return `${Math.floor(total / minute)}m ${total % minute}s`
  if (total < day) return `${Math.floor(total / hour)}h ${Math.floor((total % hour) / minute)}m`
  return `${Math.floor(total / day)}d ${Math.floor((total % day) / hour)}h`
}

/** One unit, for table columns: `12 s`, `5 min`, `3 h`, `2 d`. */
export function formatCoarseAge(milliseconds: number): string {
  const total = Math.max(0, Math.floor(milliseconds / 1000))
  if (total < minute) return `${total} s`
  if (total < hour) return `${Math.floor(total / minute)} min`
  if (total < day) return `${Math.floor(total / hour)} h`
  return `${Math.floor(total / day)} d`
}

const ordinalRules = new Intl.PluralRules('en-US', { type: 'ordinal' })
const ordinalSuffixes: Partial<Record<Intl.LDMLPluralRule, string>> = { one: 'st', two: 'nd', few: 'rd' }

/** `1st`, `2nd`, `3rd`, `11th`. */
export function ordinal(position: number): string {
  return `${position}${ordinalSuffixes[ordinalRules.select(position)] ?? 'th'}`
}

const units = ['B', 'KB', 'MB', 'GB', 'TB']

/** Decimal units with one decimal from 1 KB up: `0 B`, `812 B`, `1.5 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}
