/** Runs attacks one after another against one engine. */
import type { Attack } from './attack'
import type { Effort, Setup } from './setups'
import { World } from './world'

export interface Verdict {
  readonly setup: string
  readonly attack: string
  /** Empty if the engine held. */
  readonly breaches: readonly string[]
}

export async function runAttacks(
  setup: Setup,
  attacks: readonly Attack[],
  effort: Effort,
  say: (line: string) => void,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  let world: World | null = null
  try {
    for (const attack of attacks) {
      const startedAt = performance.now()
      world ??= await World.open(setup, effort)
      if (setup.isolates === 'perhaps' && world.isIsolated === attack.isForPlainProcesses) continue
      const breaches =
        setup.isolates === true && !world.isIsolated ? ['there is no isolation'] : await world.judge(attack)
      verdicts.push({ setup: setup.name, attack: attack.name, breaches })
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
      say(`  ${breaches.length === 0 ? 'held  ' : 'BROKEN'} ${setup.name}/${attack.name} (${seconds} s)`)
      for (const breach of breaches) say(`           ${breach.slice(0, 600)}`)
      if (breaches.length === 0) continue
      // A breach may persist, so the next attack gets a new world.
      await world.close()
      world = null
    }
  } finally {
    await world?.close()
  }
  return verdicts
}
