/** Play attacks one after the other against one engine. */
import type { Attack, Effort } from './attack'
import type { Setup } from './setups'
import { World } from './world'

export interface Verdict {
  readonly setup: string
  readonly attack: string
  /** Empty where it held. */
  readonly breaches: readonly string[]
}

export async function play(
  setup: Setup,
  attacks: readonly Attack[],
  effort: Effort,
  say: (line: string) => void,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  let world: World | null = null
  try {
    for (const attack of attacks) {
      const begun = performance.now()
      world ??= await World.open(setup, effort)
      if (setup.isolates === 'perhaps' && world.isIsolated === attack.isOfPlain) continue
      const breaches =
        setup.isolates === true && !world.isIsolated ? ['nothing isolates here'] : await world.judge(attack)
      verdicts.push({ setup: setup.name, attack: attack.name, breaches })
      const seconds = ((performance.now() - begun) / 1000).toFixed(1)
      say(`  ${breaches.length === 0 ? 'held  ' : 'BROKEN'} ${setup.name}/${attack.name} (${seconds} s)`)
      for (const breach of breaches) say(`           ${breach.slice(0, 600)}`)
      if (breaches.length === 0) continue
      // What was broken stays broken: the next attack gets a world that is whole.
      await world.close()
      world = null
    }
  } finally {
    await world?.close()
  }
  return verdicts
}
