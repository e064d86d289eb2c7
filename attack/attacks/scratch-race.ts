import type { Attack } from '../attack'
import { workWithCode } from '../work'

const runs = 25

export const scratchRace: Attack = {
  name: 'scratch-race',
  lines: [2],
  isForPlainProcesses: false,
  defaultSetup: 'ordinary',
  description:
    'watches the scratch folder and swaps each file for a link, and searches the descriptors of all processes, while a client runs code',

  async run(world) {
    const sandbox = await world.sandbox()
    await sandbox.startBackground('scratch_race.py')
    for (let round = 0; round < runs * world.effort.rounds; round += 1) {
      await sandbox.ask('POST', '/process/code-run', { language: 'python', code: 'print("python")' })
    }
    for (let round = 0; round < 4 * world.effort.rounds; round += 1) await workWithCode(sandbox)
    for (let round = 0; round < 8 * world.effort.rounds; round += 1) {
      await sandbox.ask('POST', '/process/code-run', {
        language: 'typescript',
        code: 'const a: string = "typescript"; console.log(a)',
      })
    }
    await sandbox.stopBackground('scratch_race.py')
  },
}
