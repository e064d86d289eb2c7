/** Before `npm pack` collects files: build, stage the package, and write its manifest. */
import { runStep } from '../launcher/steps.mjs'
import { replaceManifest, restoreManifest } from './manifest.mjs'
import { stagePackage } from './stage.mjs'

restoreManifest()
const code = await runStep(process.execPath, ['scripts/build.mjs'], { quiet: true })
if (code === 0) {
  await stagePackage()
  replaceManifest()
}
process.exitCode = code ?? 1
