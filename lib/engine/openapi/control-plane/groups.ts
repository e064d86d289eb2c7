/** Everything that the control plane answers. A new route gets its entry in the group of its area. */
import type { OperationGroup } from '../operation'
export const controlPlaneGroups: readonly OperationGroup[] = []
