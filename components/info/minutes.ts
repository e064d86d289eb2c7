/** Intervals of whole minutes as a person writes them. */

const units: Readonly<Record<string, number>> = { min: 1, h: 60, d: 24 * 60 }

/** `15 min`, `2 h`, `7 d`; in minutes when a larger unit would not be exact. */
export function formatMinutes(minutes: number): string {
  if (minutes > 0 && minutes % (24 * 60) === 0) return `${minutes / (24 * 60)} d`
  if (minutes > 0 && minutes % 60 === 0) return `${minutes / 60} h`
  return `${minutes} min`
}

/** Minutes of a text such as `15`, `15 min`, `1.5 h` or `7 d`. Null for an empty text, undefined for any other. */
export function parseMinutes(text: string): number | null | undefined {
  if (text.trim() === '') return null
  const [, digits = '', unit = 'min'] = /^\s*(\d{1,7}(?:\.\d{1,3})?)\s*(min|h|d)?\s*$/i.exec(text) ?? []
  if (digits === '') return undefined
  const minutes = Number(digits) * (units[unit.toLowerCase()] ?? 1)
  return Number.isInteger(minutes) ? minutes : undefined
}
