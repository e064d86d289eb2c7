/** An API call that starts a process, to copy into a terminal. */
import { type ApiAccess, curlPost } from '@/components/execution/api-access'

export function startRunCall(api: ApiAccess, sandboxId: string, command: string): string {
  return curlPost(api, 'toolbox', `/${sandboxId}/process/run`, { kind: 'command', command })
}
