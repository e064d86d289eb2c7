/** The beginning of a text, without half of a surrogate pair at its end. */
export function headOf(text: string, limit: number | undefined): string {
  if (limit === undefined || text.length <= limit) return text
  const head = text.slice(0, limit)
  return /[\ud800-\udbff]$/.test(head) ? head.slice(0, -1) : head
}

/** What the console shows of the code or command of a run. */
export const maxShownRunText = 64 * 1024
