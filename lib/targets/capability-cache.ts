/** What each sandbox's toolbox can do, asked once in a while rather than with every read. */
import type { ProcessApiClient } from '@/lib/process-api/client'
import type { Capabilities } from '@/lib/process-api/extensions'

/** A toolbox that was started again answers with another `instanceId`; nobody has to wait longer than this to see it. */
const freshMs = 15_000
const kept = 500

interface Known {
  at: number
  answer: Promise<Capabilities | null>
}

const known = new Map<string, Known>()

/** Capabilities of a sandbox's toolbox; null for a target without extensions. A failure is not remembered. */
export function capabilitiesOf(
  target: string,
  client: ProcessApiClient,
  sandboxId: string,
): Promise<Capabilities | null> {
  const key = `${target}/${client.endpoint.apiUrl}/${sandboxId}`
  const found = known.get(key)
  if (found && Date.now() - found.at < freshMs) return found.answer
  const answer = client.capabilities(sandboxId)
  known.delete(key)
  known.set(key, { at: Date.now(), answer })
  for (const oldest of known.keys()) {
    if (known.size <= kept) break
    known.delete(oldest)
  }
  answer.catch(() => {
    if (known.get(key)?.answer === answer) known.delete(key)
  })
  return answer
}
