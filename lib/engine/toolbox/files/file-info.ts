/** Builds `FileInfo`, in the formats of Go's standard library. */
import { type BigIntStats, constants } from 'node:fs'
import type { FileInfo } from '@/lib/process-api/files'

/** @param path absolute, or null to omit the field for clients that reject unknown fields */
export function describeFile(name: string, path: string | null, stats: BigIntStats): FileInfo {
  return {
    name,
    ...(path === null ? {} : { path }),
    size: Number(stats.size),
    mode: goMode(Number(stats.mode)),
    modTime: `${dayAndTime(stats.mtimeNs, ' ')} +0000 UTC`,
    modifiedAt: `${dayAndTime(stats.mtimeNs, 'T')}Z`,
    isDir: stats.isDirectory(),
    owner: String(stats.uid),
    group: String(stats.gid),
    permissions: `0${(Number(stats.mode) & 0o777).toString(8).padStart(3, '0')}`,
  }
}

/** Letters of file types; regular files have none. */
const types = new Map([
  [constants.S_IFDIR, 'd'],
  [constants.S_IFLNK, 'L'],
  [constants.S_IFBLK, 'D'],
  [constants.S_IFCHR, 'Dc'],
  [constants.S_IFIFO, 'p'],
  [constants.S_IFSOCK, 'S'],
])

/** Go's `FileMode.String()`: the type, letters for set-uid, set-gid and sticky, then `rwx` three times. */
export function goMode(mode: number): string {
  const letters =
    (types.get(mode & constants.S_IFMT) ?? '') +
    (mode & 0o4000 ? 'u' : '') +
    (mode & 0o2000 ? 'g' : '') +
    (mode & 0o1000 ? 't' : '')
  const bits = [...'rwxrwxrwx'].map((letter, index) => (mode & (1 << (8 - index)) ? letter : '-')).join('')
  return (letters === '' ? '-' : letters) + bits
}

/** `2026-01-02<separator>15:04:05.123456789` in UTC. Trailing zeros of the fraction are omitted, as in Go. */
export function dayAndTime(nanoseconds: bigint, separator: ' ' | 'T'): string {
  const billion = 1_000_000_000n
  const rest = ((nanoseconds % billion) + billion) % billion
  const seconds = (nanoseconds - rest) / billion
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19).replace('T', separator)
  const fraction = rest.toString().padStart(9, '0').replace(/0+$/, '')
  return fraction === '' ? text : `${text}.${fraction}`
}
