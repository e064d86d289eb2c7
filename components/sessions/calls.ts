/** What the page does, as calls of the process API to copy into a terminal. */
import { type CallPlace, curlPost } from '@/components/execution/call-place'

export function createSessionCall(place: CallPlace, sandboxId: string, sessionId: string): string {
  return curlPost(place, 'toolbox', `/${sandboxId}/process/session`, { sessionId })
}

export function runCommandCall(place: CallPlace, sandboxId: string, sessionId: string, command: string): string {
  return curlPost(place, 'toolbox', `/${sandboxId}/process/session/${sessionId}/exec`, { command, runAsync: true })
}
