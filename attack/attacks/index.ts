/** All attacks, in the order in which they run. */
import type { Attack } from '../attack'
import type { Setup } from '../setups'
import { bounds, fullDisk } from './bounds'
import { burn } from './burn'
import { claims } from './claims'
import { copies } from './copies'
import { escapedProcesses } from './escaped-processes'
import { fileRaces } from './file-races'
import { frontDoor } from './front-door'
import { kernelSurface } from './kernel-surface'
import { network } from './network'
import { origins } from './origins'
import { scratchNames } from './scratch-names'
import { scratchRace } from './scratch-race'
import { signals } from './signals'
import { specialPaths } from './special-paths'
import { forgedRecords, stoppedState } from './stopped-state'

const attacks: readonly Attack[] = [
  scratchNames,
  scratchRace,
  specialPaths,
  fileRaces,
  kernelSurface,
  signals,
  escapedProcesses,
  stoppedState,
  forgedRecords,
  copies,
  burn,
  bounds,
  fullDisk,
  network,
  origins,
  frontDoor,
  claims,
]

/** @param isUsual the run names no setup and should be short */
export function attacksOn(setup: Setup, isUsual: boolean): Attack[] {
  return attacks
    .filter(({ defaultSetup }) => !isUsual || defaultSetup === undefined || defaultSetup === setup.name)
    .filter(({ isFor }) => (isFor ? isFor(setup) : setup.stage === 'engine' && setup.isolates !== false))
}
