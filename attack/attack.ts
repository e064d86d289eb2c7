/** The description of one attack. */
import type { Setup } from './setups'
import type { World } from './world'

export interface Attack {
  readonly name: string
  /** Lines of the list in docs/security/tests.md that it covers. */
  readonly lines: readonly number[]
  /** What the attacker does, in one sentence. */
  readonly description: string
  /** The setups it runs against; when left out, every setup with isolation. */
  isFor?(setup: Setup): boolean
  /** For engines whose sandboxes are plain processes. */
  readonly isForPlainProcesses: boolean
  /** In a run without named setups, it runs against this setup alone to save time; the others give the same result. */
  readonly defaultSetup?: string
  /** Run the attack. Everything that the attacker obtains is reported to `world.breach`. */
  run(world: World): Promise<void>
}
