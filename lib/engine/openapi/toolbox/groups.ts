/** Everything that a toolbox answers. A new route gets its entry in the group of its area. */
import type { OperationGroup } from '../operation'
import { fileGroup } from './files'
import { infoGroup } from './info'
import { interpreterGroup } from './interpreter'
import { portGroup } from './ports'
import { processViewGroup } from './processes'
import { ptyGroup } from './pty'
import { processGroup, runGroup } from './runs'
import { sessionGroup } from './sessions'

export const toolboxGroups: readonly OperationGroup[] = [
  infoGroup,
  processGroup,
  runGroup,
  sessionGroup,
  ptyGroup,
  interpreterGroup,
  fileGroup,
  portGroup,
  processViewGroup,
]
