/** Everything that the control plane answers. A new route gets its entry in the group of its area. */
import type { OperationGroup } from '../operation'
import { engineGroup } from './engine'
import { linkGroup } from './previews'
import { sandboxGroup } from './sandboxes'
import { snapshotGroup } from './snapshots'
import { absentGroup } from './unsupported'

export const controlPlaneGroups: readonly OperationGroup[] = [
  engineGroup,
  sandboxGroup,
  linkGroup,
  snapshotGroup,
  absentGroup,
]
