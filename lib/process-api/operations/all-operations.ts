/** Every operation of the API, in the order in which the API reference shows them. */
import { accountOperations } from './account'
import { commandOperations } from './commands'
import { engineOperations } from './engine'
import { fileOperations } from './files'
import { gitOperations } from './git'
import { contextRunJournal, interpreterOperations } from './interpreter'
import { lspOperations } from './lsp'
import type { Operation } from './operation'
import { portOperations } from './ports'
import { linkOperations, previewOperations } from './previews'
import { processOperations } from './processes'
import { ptyOperations } from './pty'
import { runJournal, runOperations } from './runs'
import { sandboxOperations } from './sandboxes'
import { commandJournal, sessionOperations } from './sessions'
import { snapshotOperations } from './snapshots'
import { toolboxOperations } from './toolbox'
import { unsupportedOperations } from './unsupported'

export const allOperations: readonly Operation[] = [
  engineOperations,
  accountOperations,
  sandboxOperations,
  linkOperations,
  snapshotOperations,
  unsupportedOperations,
  toolboxOperations,
  commandOperations,
  runOperations,
  runJournal,
  sessionOperations,
  commandJournal,
  ptyOperations,
  interpreterOperations,
  contextRunJournal,
  fileOperations,
  gitOperations,
  lspOperations,
  portOperations,
  processOperations,
  previewOperations,
].flatMap((operations): Operation[] => Object.values(operations))
