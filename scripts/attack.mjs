/** `npm run attack [-- setup… | all] [--only attack] [--rounds N]`: see attack/main.ts. */
import { runOnSupportedNode } from './node-version.mjs'

runOnSupportedNode(() => import('./launcher/attack.mjs'), 'tools')
