/** The actions of the page as API calls to copy into a terminal. */
import { type ApiAccess, curlPost } from '@/components/execution/api-access'

export function createSessionCall(api: ApiAccess, sandboxId: string, sessionId: string): string {
  return curlPost(api, 'toolbox', `/${sandboxId}/process/session`, { sessionId })
}

export function runCommandCall(api: ApiAccess, sandboxId: string, sessionId: string, command: string): string {
  return curlPost(api, 'toolbox', `/${sandboxId}/process/session/${sessionId}/exec`, { command, runAsync: true })
}
