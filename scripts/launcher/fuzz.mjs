import { ensureInstalled } from './install.mjs'
import { runStep } from './steps.mjs'

await ensureInstalled()
process.exitCode = (await runStep(process.execPath, ['--import', 'tsx', 'fuzz/main.ts', ...process.argv.slice(2)])) ?? 1
