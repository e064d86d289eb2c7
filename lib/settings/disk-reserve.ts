/** How `SANDGLASS_DISK_RESERVE` is written. */

/** A number of bytes, or a percentage of the file system. */
export type ReserveSize = { readonly bytes: number } | { readonly percent: number }

const units: Record<string, number> = { K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 }

/** Read `512M`, `2G`, `1073741824`, `5%` or `0`. Returns null for anything else. */
export function parseReserve(text: string): ReserveSize | null {
  const match = /^(\d{1,15}(?:\.\d{1,3})?)(%|[KMGT]?)$/i.exec(text)
  if (!match) return null
  const number = Number(match[1])
  const unit = match[2]?.toUpperCase() ?? ''
  if (unit === '%') return number <= 90 ? { percent: number } : null
  return { bytes: Math.floor(number * (units[unit] ?? 1)) }
}
