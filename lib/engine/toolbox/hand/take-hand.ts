import type { ToolboxConfig } from '../../config/toolbox-config'
import { type FindMembers, killMembers } from '../../linux/kill-tree'
import { ProcessSnapshot } from '../../linux/process-table'
import { signalThroughHand } from '../../linux/signals'
import { Hand } from './hand'

/** Connect to the hand; from then on signals go through it. The toolbox ends when the hand does: nothing is left to do. */
export async function takeHand(
  { pipesDir }: { pipesDir: string },
  setup: NonNullable<ToolboxConfig['hand']>,
): Promise<Hand> {
  const hand = new Hand({ ...setup, pipesDir }, () => {
    console.error('the init of the sandbox has ended')
    process.exit(1)
  })
  hand.onStray = () => void killStrays(hand)
  signalThroughHand(hand)
  await hand.open()
  return hand
}

/**
 * End what has lost its supervisor. Nothing else has PID 1 as its parent, so a program that kills its supervisor to get
 * away from its session ends itself.
 */
async function killStrays(hand: Hand): Promise<void> {
  const find: FindMembers = (snapshot = new ProcessSnapshot(), known = new Set()) => {
    const supervisors = hand.currentSupervisors()
    return [...snapshot.entries.values()].filter(
      ({ pid, parentPid }) => (parentPid === 1 || known.has(parentPid)) && pid !== 1 && !supervisors.has(pid),
    )
  }
  await killMembers(find, 0, 1)
}
