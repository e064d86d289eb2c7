import path from 'node:path'

/** True when `candidate` is `folder` or below it. Both are absolute; links are not followed. */
export function isInside(candidate: string, folder: string): boolean {
  const relative = path.relative(folder, candidate)
  return relative === '' || (!relative.startsWith('..') && !path.isAbsolute(relative))
}
