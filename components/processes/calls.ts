/** What the page is about, as a call of the process API to copy into a terminal. */
import { type CallPlace, curlPost } from '@/components/execution/call-place'

export function startRunCall(place: CallPlace, sandboxId: string, command: string): string {
  return curlPost(place, 'toolbox', `/${sandboxId}/process/run`, { kind: 'command', command })
}
