/** Addresses of pages by target and sandbox. The local engine has short addresses without its name. */
import { localTarget } from '@/lib/queries/query-keys'

export interface Address {
  target: string
  sandboxId: string | null
  /** The segments after the sandbox: its page and what is open there. */
  rest: readonly string[]
}

/** Parses the path of a page. Segments that cannot be decoded are returned unchanged. */
export function readAddress(path: string): Address {
  const parts = path.split('/').slice(1).map(decoded)
  const target = parts[0] === 'targets' && parts[1] ? parts[1] : localTarget
  const [room, sandboxId, ...rest] = parts[0] === 'targets' ? parts.slice(2) : parts
  return { target, sandboxId: room === 'sandboxes' && sandboxId ? sandboxId : null, rest }
}

/** The page that lists all sandboxes of a target. */
export function homeAddress(target: string): string {
  return target === localTarget ? '/' : `/targets/${encodeURIComponent(target)}`
}

/** The page of what ran in all sandboxes of a target. */
export function historyAddress(target: string): string {
  return target === localTarget ? '/history' : `${homeAddress(target)}/history`
}

/** The page of who did what with a target. */
export function auditAddress(target: string): string {
  return target === localTarget ? '/audit' : `${homeAddress(target)}/audit`
}

/** The page of the people who may use the console. */
export function peopleAddress(target: string): string {
  return target === localTarget ? '/people' : `${homeAddress(target)}/people`
}

export function sandboxAddress(target: string, sandboxId: string, ...rest: string[]): string {
  const home = target === localTarget ? '' : homeAddress(target)
  return [home, 'sandboxes', ...[sandboxId, ...rest].map(encodeURIComponent)].join('/')
}

/** The live wall of a target. @param page the list of merged lines instead of the panes */
export function wallAddress(target: string, page?: 'merged'): string {
  const home = target === localTarget ? '' : homeAddress(target)
  return [home, 'wall', ...(page ? [page] : [])].join('/')
}

/** A segment that cannot be decoded is returned unchanged. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // the page then shows "not found"
  }
}
