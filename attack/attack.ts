/** What one attack is. */
import type { Setup } from './setups'
import type { World } from './world'

export interface Attack {
  readonly name: string
  /** Lines of the list in docs/security/tests.md that it plays. */
  readonly lines: readonly number[]
  /** What an attacker does, in one sentence. */
  readonly does: string
  /** Which ways of running the engine it is played against; all that isolate when left out. */
  isFor?(setup: Setup): boolean
  /** It is about engines whose sandboxes are plain processes. */
  readonly isOfPlain: boolean
  /** Where nobody names a setup it is played against this one alone, to save time: the others are alike for it. */
  readonly usually?: string
  /** Carry it out. Whatever the attacker got that it must not have is told to `world.breach`. */
  play(world: World): Promise<void>
}

/** How often racing code is given a chance; `--rounds` multiplies it. */
export interface Effort {
  readonly rounds: number
}
