/**
 * The origins of one of our programs, and the check that a page belongs to it. Origins are compared exactly: a page on
 * another port or a sibling name is foreign, although browsers send our cookies from there as well.
 */

/** Valid entries; the launcher checks with the same rules before it starts anything. */
const wholeOrigin = /^https?:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?\/?$/i
const hostName = /^([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/i

const defaultPorts = { 'http:': '80', 'https:': '443' } as const

/**
 * The origins that one settings entry allows, as browsers write them. `https://name:8443` is that origin alone. A bare
 * `name` allows `https://name`, served by a reverse proxy, and `http://name:<ownPort>`, where the program itself listens.
 * `name:port` allows that port, with the scheme that the port implies or with both.
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

/** The entries of a comma-separated setting, in lower case. Throws a RangeError for an entry that `originsOf` rejects. */
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
   * @param direct origins at which the program itself listens, without a proxy
   * @param listed origins from the administrator's settings
   */
  constructor(direct: readonly string[], listed: readonly string[]) {
    this.listed = new Set(listed)
    for (const origin of new Set([...direct, ...listed])) {
      for (const host of hostForms(origin)) this.byHost.set(host, [...(this.byHost.get(host) ?? []), origin])
    }
    for (const origin of direct) for (const host of hostForms(origin)) this.direct.add(host)
  }

  /** Whether a request may have this `Host`. */
  knowsHost(host: string | undefined): host is string {
    return host !== undefined && this.byHost.has(host.toLowerCase())
  }

  /**
   * The origin that a request with this known `Host` was sent to. When the host is ours with both schemes, a trusted proxy
   * decides; the default is http.
   */
  originOf(host: string, forwardedScheme: string | undefined): string {
    const origins = this.byHost.get(host.toLowerCase()) ?? []
    const scheme = forwardedScheme === 'https' ? 'https://' : 'http://'
    return origins.find((origin) => origin.startsWith(scheme)) ?? origins[0] ?? `http://${host}`
  }

  /**
   * Whether a page of this origin may use the program under this `Host`: it must have exactly the requested origin. Behind
   * a reverse proxy that puts the program's own address into `Host`, any listed origin is accepted.
   */
  accepts(origin: string, host: string): boolean {
    const name = host.toLowerCase()
    return this.byHost.get(name)?.includes(origin) === true || (this.direct.has(name) && this.listed.has(origin))
  }
}

/** The ways to write an origin's host in `Host`: with or without the scheme's default port. */
function hostForms(origin: string): string[] {
  const { host, hostname, port, protocol } = new URL(origin)
  return port === '' ? [hostname, `${hostname}:${defaultPorts[protocol as keyof typeof defaultPorts]}`] : [host]
}
