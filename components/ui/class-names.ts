/** Joins class names and skips falsy parts. Later utilities do not override earlier ones, so do not rely on order. */
export function classNames(...parts: (string | false | null | undefined)[]): string {
  return parts.filter(Boolean).join(' ')
}
