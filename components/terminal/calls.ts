/** The actions of the page as API calls to copy into a terminal. */
import { type ApiAccess, curlPost } from '@/components/execution/api-access'

export function createTerminalCall(api: ApiAccess, sandboxId: string, id: string): string {
  return curlPost(api, 'toolbox', `/${sandboxId}/process/pty`, { id, cols: 120, rows: 30 })
}
