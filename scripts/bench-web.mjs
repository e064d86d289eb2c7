/** `npm run bench:web [names…]`: see bench/web/main.ts. */
import { runOnSupportedNode } from './node-version.mjs'

runOnSupportedNode(() => import('./launcher/bench-web.mjs'))
