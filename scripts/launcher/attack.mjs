import { ensureInstalled } from './install.mjs'
import { runStep } from './steps.mjs'

await ensureInstalled()
const built = (await runStep(process.execPath, ['scripts/build.mjs'])) === 0
const args = ['--import', 'tsx', 'attack/main.ts', ...process.argv.slice(2)]
process.exitCode = built ? ((await runStep(process.execPath, args)) ?? 1) : 1
