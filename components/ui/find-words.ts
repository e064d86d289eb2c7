/** Parts of the find bars of logs and terminals. */

export function isRegex(term: string): boolean {
  try {
    new RegExp(term)
    return true
  } catch {
    return false // usually because the user is still typing
  }
}

/** Such as `2 of 7`. @param index from 0; negative if no match is current */
export function countWord({ index, count }: { index: number; count: number }): string {
  if (count === 0) return 'No match'
  return index < 0 ? `${count} matches` : `${index + 1} of ${count}`
}
