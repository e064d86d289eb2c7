import { log } from '@/lib/log/log'
import type { ToolboxConfig } from '../../config/toolbox-config'
import { type FindMembers, killMembers } from '../../linux/kill-tree'
import { ProcessSnapshot } from '../../linux/process-table'
import { signalThroughHand } from '../../linux/signals'
import { Hand } from './hand'

/** Connect to the hand and send all signals through it from now on. The toolbox exits when the hand exits. */
export async function connectHand(
  { pipesDir }: { pipesDir: string },
  setup: NonNullable<ToolboxConfig['hand']>,
): Promise<Hand> {
  const hand = new Hand({ ...setup, pipesDir }, () => {
    log.error('the init of the sandbox has ended')
    process.exit(1)
  })
  hand.onOrphans = () => void killOrphans(hand)
  signalThroughHand(hand)
  await hand.open()
  return hand
}

/**
 * Kill processes that lost their supervisor, which are the only ones with PID 1 as their parent. A program that kills its
 * supervisor to escape from its session thereby ends itself.
 */
async function killOrphans(hand: Hand): Promise<void> {
  const find: FindMembers = (snapshot = new ProcessSnapshot(), known = new Set()) => {
    const supervisors = hand.currentSupervisors()
    return [...snapshot.entries.values()].filter(
      ({ pid, parentPid }) => (parentPid === 1 || known.has(parentPid)) && pid !== 1 && !supervisors.has(pid),
    )
  }
  await killMembers(find, 0, 1)
}
