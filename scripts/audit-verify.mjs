/** `npm run audit:verify`: whether anything in the audit log was changed, removed or cut off. */
import { runOnSupportedNode } from './node-version.mjs'

runOnSupportedNode(async () => {
  const { runBuilt } = await import('./launcher/built-program.mjs')
  await runBuilt('audit-verify.mjs')
})
