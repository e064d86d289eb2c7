/** Addresses of pages: which target and sandbox they are of. Those of the local engine are short. */
import { localTarget } from '@/lib/queries/query-keys'

export interface Address {
  target: string
  sandboxId: string | null
  /** What follows the sandbox: its page, and what is open on it. */
  rest: readonly string[]
}

/** Reads the path of a page. Parts that cannot be decoded are taken as they are. */
export function readAddress(path: string): Address {
  const parts = path.split('/').slice(1).map(decoded)
  const target = parts[0] === 'targets' && parts[1] ? parts[1] : localTarget
  const [room, sandboxId, ...rest] = parts[0] === 'targets' ? parts.slice(2) : parts
  return { target, sandboxId: room === 'sandboxes' && sandboxId ? sandboxId : null, rest }
}

/** The page with all sandboxes of a target. */
export function homeAddress(target: string): string {
  return target === localTarget ? '/' : `/targets/${encodeURIComponent(target)}`
}

export function sandboxAddress(target: string, sandboxId: string, ...rest: string[]): string {
  const home = target === localTarget ? '' : homeAddress(target)
  return [home, 'sandboxes', ...[sandboxId, ...rest].map(encodeURIComponent)].join('/')
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // the page says that there is nothing of this name
  }
}
