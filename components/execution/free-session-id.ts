/** An unused ID for a new session: `shell-1`, `shell-2`, … or the given name with a number. */
export function freeSessionId(taken: readonly string[], base = 'shell'): string {
  for (let number = 1; ; number += 1) {
    const id = `${base}-${number}`
    if (!taken.includes(id)) return id
  }
}
