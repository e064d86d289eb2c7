/** Filters that people type: words, and terms such as `state:failed`. */

/** Words and terms of a filter; quotation marks are removed, and what they enclose is not split. */
export function splitTerms(text: string): string[] {
  // A database ends texts at a NUL.
  const terms = text.replaceAll('\0', ' ').match(/(?:[^\s"]|"[^"]*(?:"|$))+/g) ?? []
  return terms.map((term) => term.replaceAll('"', '')).filter(Boolean)
}

const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * A time such as `2h` (ago) or `2026-11-30T14:00`.
 * @returns milliseconds since 1970, or null
 */
export function parseTime(text: string, now: number): number | null {
  const [, count, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  if (count !== undefined) return now - Number(count) * (unitMs[unit] ?? 0)
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return null
  const time = Date.parse(text)
  return Number.isNaN(time) ? null : time
}

/** The filter text without the terms of one name, and with this one instead if it is not empty. */
export function withTerm(text: string, name: string, value: string): string {
  const terms = (text.match(/(?:[^\s"]|"[^"]*(?:"|$))+/g) ?? []).filter((term) => !term.startsWith(`${name}:`))
  return [...terms, ...(value === '' ? [] : [`${name}:${/\s/.test(value) ? `"${value}"` : value}`])].join(' ')
}

/** The value of the first term of this name; empty if there is none. */
export function termOf(text: string, name: string): string {
  return (
    splitTerms(text)
      .find((term) => term.startsWith(`${name}:`))
      ?.slice(name.length + 1) ?? ''
  )
}
