/** The name under which a browser window owns the size of terminals. Other viewers see it without its number. */

let name: string | null = null

/** The same for all terminals of this window, and new after each load. */
export function clientName(): string {
  name ??= `${browserLabel(navigator.userAgent)} #${crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36)}`
  return name
}

/** `Chrome on Linux`, from the user agent. */
export function browserLabel(agent: string): string {
  const browser = /Firefox\//.test(agent)
    ? 'Firefox'
    : /Edg\//.test(agent)
      ? 'Edge'
      : /Chrome\//.test(agent)
        ? 'Chrome'
        : /Safari\//.test(agent)
          ? 'Safari'
          : 'A browser'
  const system = /Android/.test(agent)
    ? 'Android'
    : /iPhone|iPad/.test(agent)
      ? 'iOS'
      : /Mac OS X/.test(agent)
        ? 'macOS'
        : /Windows/.test(agent)
          ? 'Windows'
          : 'Linux'
  return `${browser} on ${system}`
}

/** Who owns a size, in words. */
export function ownerWord(owner: string | null, own: string): string | null {
  if (owner === null) return null
  if (owner === own) return 'this window'
  const label = owner.replace(/ #[0-9a-z]+$/, '')
  return label === own.replace(/ #[0-9a-z]+$/, '') ? `another window (${label})` : label
}
