import { capabilitiesOf } from '@/lib/targets/capability-cache'
import { readRoute } from '@/lib/targets/read-route'

/** What this sandbox's toolbox can do beyond the protocol; null for a target that has no extensions. */
export const GET = readRoute(['sandboxId'], ({ target, client, ids }) => capabilitiesOf(target, client, ids.sandboxId))
