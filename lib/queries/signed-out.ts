import { localTarget } from './query-keys'
import { targetPath } from './read'

/** Whether this browser is signed out. False if the console is unreachable. */
export async function isSignedOut(): Promise<boolean> {
  const response = await fetch(`${targetPath(localTarget, 'sandboxes')}?limit=1`).catch(() => null)
  return response?.status === 401
}
