import { readRoute } from '@/lib/reads/read-route'
import { capabilitiesOf } from '@/lib/targets/capability-cache'

/** What this sandbox's toolbox can do beyond the protocol; null for a target that has no extensions. */
export const GET = readRoute(['sandboxId'], ({ target, client, ids }) => capabilitiesOf(target, client, ids.sandboxId))
