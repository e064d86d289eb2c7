/** `npm run bench [names…]`: see bench/main.ts. */
import { runOnSupportedNode } from './node-version.mjs'

runOnSupportedNode(() => import('./launcher/bench.mjs'))
