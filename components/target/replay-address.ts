import { type ReplayRef, replaySegments } from '@/lib/replay/replay-ref'
import { sandboxAddress } from './addresses'

/** The page that replays something; without `ref`, the page of all recordings. */
export function replayAddress(target: string, sandboxId: string, ref: ReplayRef | null = null): string {
  return sandboxAddress(target, sandboxId, 'replay', ...(ref === null ? [] : replaySegments(ref)))
}
