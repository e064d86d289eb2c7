/** Absolute paths of a sandbox and their addresses. A path is part of the address, so that it can be shared. */
import { readAddress, sandboxAddress } from '@/components/target/addresses'

export function joinPath(folder: string, name: string): string {
  return folder === '/' ? `/${name}` : `${folder}/${name}`
}

/** The folder of a path; the root is its own. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

/** The last segment; `/` for the root. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1) || '/'
}

/** The path and all folders above it, from the root down. */
export function pathsDownTo(path: string): string[] {
  const segments = path.split('/').filter((segment) => segment !== '')
  return ['/', ...segments.map((_, index) => `/${segments.slice(0, index + 1).join('/')}`)]
}

/** Whether a path is a folder or below it. */
export function isWithin(path: string, folder: string): boolean {
  return folder === '/' || path === folder || path.startsWith(`${folder}/`)
}

/** A path as typed: relative to `folder` unless it begins with a slash; `.`, `..` and repeated slashes are resolved. */
export function resolvePath(folder: string, typed: string): string {
  const segments: string[] = []
  for (const segment of (typed.startsWith('/') ? typed : `${folder}/${typed}`).split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(segment)
  }
  return `/${segments.join('/')}`
}

/** @param line a line of the file to show, from 1 */
export function filesAddress(target: string, sandboxId: string, path: string, line?: number): string {
  if (path === '/') return `${sandboxAddress(target, sandboxId, 'files')}?path=%2F`
  const address = sandboxAddress(target, sandboxId, 'files', ...path.slice(1).split('/'))
  return line === undefined ? address : `${address}?line=${line}`
}

/** The line in an address; null where it has none. */
export function lineInAddress(query: URLSearchParams): number | null {
  const text = query.get('line') ?? ''
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null
}

/** The path in an address; null where it has none. */
export function pathInAddress(pathname: string, query: URLSearchParams): string | null {
  const segments = readAddress(pathname).rest.slice(1)
  if (segments.length > 0) return `/${segments.join('/')}`
  return query.get('path') === '/' ? '/' : null
}
