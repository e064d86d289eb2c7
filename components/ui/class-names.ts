/** Joins class names; falsy parts are left out. Later utilities do not override earlier ones: do not rely on order. */
export function classNames(...parts: (string | false | null | undefined)[]): string {
  return parts.filter(Boolean).join(' ')
}
