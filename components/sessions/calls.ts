/** What the page does, as calls of the process API to copy into a terminal. No key is written into them. */
import { quoteWord } from '@/components/runner/arguments'

const connection = `C="\${SANDGLASS_DATA_DIR:-$HOME/.sandglass}/connection.json"`

/** A POST with curl; address and key are read from the connection file of this installation. */
function post(sandboxId: string, path: string, body: unknown): string {
  return `${connection}
curl -X POST "$(jq -r .toolboxUrl "$C")/${sandboxId}/process/${path}" \\
  -H "Authorization: Bearer $(jq -r .apiKey "$C")" \\
  -H 'Content-Type: application/json' \\
  -d ${quoteWord(JSON.stringify(body))}`
}

export function createSessionCall(sandboxId: string, sessionId: string): string {
  return post(sandboxId, 'session', { sessionId })
}

export function runCommandCall(sandboxId: string, sessionId: string, command: string): string {
  return post(sandboxId, `session/${sessionId}/exec`, { command, runAsync: true })
}
