/**
 * The origins under which a program of ours is reached, and the check that a page is one of its own. Origins are compared
 * whole: the page of another port or of a sibling name is somebody else's, and browsers send it our cookies all the same.
 */

/** What a listed entry may look like; the launcher checks with the same rules before anything is started. */
const wholeOrigin = /^https?:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?\/?$/i
const hostName = /^([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/i

const defaultPorts = { 'http:': '80', 'https:': '443' } as const

/**
 * The origins that one entry of a setting stands for, as browsers write them. `https://name:8443` is that origin alone. A
 * bare `name` stands for `https://name`, which a reverse proxy serves, and `http://name:<ownPort>`, where the program
 * itself listens; `name:port` stands for that one port, with the scheme that the port implies or with both.
 * Throws a RangeError with a sentence that names the entry.
 */
export function originsOf(entry: string, ownPort: number): string[] {
  if (wholeOrigin.test(entry) && URL.canParse(entry)) return [new URL(entry).origin]
  const [, name, port] = hostName.exec(entry) ?? []
  if (name === undefined || !URL.canParse(`http://${entry}`)) {
    throw new RangeError(`"${entry}" is neither a host name nor an origin such as https://sandglass.example.com.`)
  }
  if (port === undefined) return [new URL(`https://${name}`).origin, new URL(`http://${name}:${ownPort}`).origin]
  const schemes = port === '80' ? ['http'] : port === '443' ? ['https'] : ['https', 'http']
  return schemes.map((scheme) => new URL(`${scheme}://${name}:${port}`).origin)
}

/** The entries of a comma-separated setting, in lower case. Throws a RangeError for one that `originsOf` does not take. */
export function entriesOf(setting: string | undefined): string[] {
  const entries = (setting ?? '')
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
  for (const entry of entries) originsOf(entry, 0)
  return entries
}

/** The host names of entries, without scheme and port. */
export function namesOf(entries: readonly string[]): string[] {
  return entries.map((entry) => new URL(entry.includes('://') ? entry : `http://${entry}`).hostname)
}

export class OwnOrigins {
  private readonly listed: ReadonlySet<string>
  private readonly direct = new Set<string>()
  private readonly byHost = new Map<string, string[]>()

  /**
   * @param direct origins at which the program itself listens, without anything in between
   * @param listed origins that an administrator has named
   */
  constructor(direct: readonly string[], listed: readonly string[]) {
    this.listed = new Set(listed)
    for (const origin of new Set([...direct, ...listed])) {
      for (const host of hostForms(origin)) this.byHost.set(host, [...(this.byHost.get(host) ?? []), origin])
    }
    for (const origin of direct) for (const host of hostForms(origin)) this.direct.add(host)
  }

  /** Whether a request may carry this `Host`. */
  knowsHost(host: string | undefined): host is string {
    return host !== undefined && this.byHost.has(host.toLowerCase())
  }

  /**
   * The origin that a request with this known `Host` was sent to. Where the host is ours with both schemes, it is the one
   * that a trusted proxy reports, else http.
   */
  originOf(host: string, forwardedScheme: string | undefined): string {
    const origins = this.byHost.get(host.toLowerCase()) ?? []
    const scheme = forwardedScheme === 'https' ? 'https://' : 'http://'
    return origins.find((origin) => origin.startsWith(scheme)) ?? origins[0] ?? `http://${host}`
  }

  /**
   * Whether a page of this origin may speak to the program under this `Host`: it must come from the very origin that was
   * asked. Where a reverse proxy puts the program's own address into `Host`, it must come from a listed one.
   */
  accepts(origin: string, host: string): boolean {
    const name = host.toLowerCase()
    return this.byHost.get(name)?.includes(origin) === true || (this.direct.has(name) && this.listed.has(origin))
  }
}

/** How an origin's host may be written in `Host`: the default port of the scheme may stand there or not. */
function hostForms(origin: string): string[] {
  const { host, hostname, port, protocol } = new URL(origin)
  return port === '' ? [hostname, `${hostname}:${defaultPorts[protocol as keyof typeof defaultPorts]}`] : [host]
}
