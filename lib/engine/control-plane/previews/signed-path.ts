/**
 * Signed links to an address. A name has its token in front of the domain, an address has it at the start of the path:
 * `http://127.93.4.17:3986/~{token}/page`. Programs may append paths to both forms of a link.
 */
const signedPath = /^\/~([a-z2-7]{53})(?=[/?#]|$)/
const signedReferer = /^(https?:\/\/127\.[\d.]+(?::\d+)?)\/~[a-z2-7]{53}(?=[/?#]|$)/

export interface SplitPath {
  /** Null when there is none. */
  readonly token: string | null
  /** `/~{token}`, or an empty text. */
  readonly prefix: string
  /** The program's own path and query. */
  readonly url: string
}

/** Take the token off the start of a path. It may be invalid. */
export function splitSignedPath(url: string): SplitPath {
  const [prefix = '', token = null] = signedPath.exec(url) ?? []
  const rest = url.slice(prefix.length)
  return { token, prefix, url: rest.startsWith('/') ? rest : `/${rest}` }
}

/** A `Referer` without the token that its path may contain. */
export function withoutSignedPath(referer: string): string {
  return referer.replace(signedReferer, '$1')
}
