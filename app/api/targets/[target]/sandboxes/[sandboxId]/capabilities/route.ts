import { TargetError } from '@/lib/process-api/problem'
import { capabilitiesOf } from '@/lib/targets/capability-cache'
import { readRoute } from '@/lib/targets/read-route'

/** What this sandbox's toolbox can do beyond the protocol. */
export const GET = readRoute(['sandboxId'], async ({ target, client, ids }) => {
  const found = await capabilitiesOf(target, client, ids.sandboxId)
  if (found === null) throw new TargetError('TARGET_UNABLE', 'This target has no extensions.')
  return found
})
