/**
 * A number with its noun: `1 file`, `2 files`.
 * @param shown the number as text, where it is formatted
 */
export function counted(count: number, one: string, many = `${one}s`, shown = String(count)): string {
  return `${shown} ${count === 1 ? one : many}`
}
