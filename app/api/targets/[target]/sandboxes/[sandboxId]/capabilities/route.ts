import { readRoute } from '@/lib/reads/read-route'
import { capabilitiesOf } from '@/lib/targets/capability-cache'

/** Extensions of this sandbox's toolbox; null for a target without extensions. */
export const GET = readRoute('sandbox.list', ['sandboxId'], ({ target, client, ids }) =>
  capabilitiesOf(target, client, ids.sandboxId),
)
