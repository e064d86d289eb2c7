/** Reads the complete elements of a JSON array whose text may be cut off anywhere. */

/** Strings, also one that is cut off, and the characters that structure the text. */
const token = /"(?:[^"\\]+|\\[\s\S])*\\?(?:"|$)|[[\]{},]/g

/**
 * The elements of the first array in `text` that are complete. `whole` says whether the array was closed.
 * The text must be valid JSON up to where it ends.
 */
export function partialArray(text: string): { items: unknown[]; whole: boolean } {
  const start = text.indexOf('[')
  if (start === -1) return { items: [], whole: false }
  const array = text.slice(start)
  let depth = 0
  /** End of the last complete element. */
  let end = 1
  for (const { 0: part, index } of array.matchAll(token)) {
    if (part === '[' || part === '{') depth += 1
    else if (part === ',' && depth === 1) end = index
    else if (part === ']' || part === '}') depth -= 1
    if (depth === 0) return { items: JSON.parse(array.slice(0, index + 1)), whole: true }
  }
  return { items: JSON.parse(`${array.slice(0, end)}]`), whole: false }
}
