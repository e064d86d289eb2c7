import { localTarget } from './query-keys'
import { targetPath } from './read'

/** Whether the console refuses this browser. False where it does not answer at all. */
export async function isSignedOut(): Promise<boolean> {
  const answer = await fetch(`${targetPath(localTarget, 'sandboxes')}?limit=1`).catch(() => null)
  return answer?.status === 401
}
