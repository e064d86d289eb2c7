/** Addresses of remotes, and the credentials in them. */
import { ApiError } from '@/lib/process-api/errors'
import type { GitCredentials } from './run-git'

interface Given {
  username?: string | undefined
  password?: string | undefined
}

/**
 * Take the user name and password out of an address, because command lines are visible to every process.
 * Those that the client gives apart come first.
 */
export function splitAddress(address: string, given: Given): { address: string; credentials: GitCredentials | null } {
  const url = httpUrl(address)
  if (!url) return { address, credentials: null }
  const username = given.username ?? decoded(url.username)
  const password = given.password ?? decoded(url.password)
  const { origin } = url
  url.username = ''
  url.password = ''
  if (username === '' && password === '') return { address: url.href, credentials: null }
  // Services that take a token accept any user name.
  return { address: url.href, credentials: { username: username || 'git', password, origin } }
}

/** Refuse an address that would put a password on a command line. */
export function refusePassword(address: string): void {
  if (!httpUrl(address)?.password) return
  throw new ApiError(
    'BAD_REQUEST',
    'url contains a password, which every program of the sandbox could read: give username and password to push and pull, or store them with POST /git/credentials',
  )
}

function httpUrl(address: string): URL | null {
  if (!/^https?:\/\//i.test(address)) return null
  try {
    return new URL(address)
  } catch (error) {
    throw new ApiError('BAD_REQUEST', 'url is not a valid address', {}, { cause: error })
  }
}

function decoded(text: string): string {
  try {
    const plain = decodeURIComponent(text)
    // A newline would end the line of git's credential protocol that it stands in.
    if (!/[\0\n\r]/.test(plain)) return plain
  } catch (error) {
    if (!(error instanceof URIError)) throw error
  }
  throw new ApiError('BAD_REQUEST', 'url contains a user name or password that is not valid')
}

/** Reads `git config -z --get-regexp`: of a remote with several addresses, the first one. */
export function parseRemotes(output: string): { name: string; url: string }[] {
  const remotes = new Map<string, string>()
  for (const entry of output.split('\0')) {
    const end = entry.indexOf('\n')
    const name = entry.slice('remote.'.length, end - '.url'.length)
    if (end > 0 && !remotes.has(name)) remotes.set(name, entry.slice(end + 1))
  }
  return [...remotes].map(([name, url]) => ({ name, url }))
}
