/** Request and response cookies without a framework, because the middleware reads them before Next does. */

/** The first value of a cookie, or null. */
export function readCookie(header: string | undefined, name: string): string | null {
  for (const pair of header?.split(';') ?? []) {
    const at = pair.indexOf('=')
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim()
  }
  return null
}

/** A `Set-Cookie` value. `Lax`, so that links from other sites open signed in. `maxAge` in seconds; 0 removes the cookie. */
export function sessionCookie(name: string, value: string, { maxAge, secure }: { maxAge: number; secure: boolean }) {
  return `${name}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`
}
