/** `npm run fuzz [-- --seed N --count N --only N]`: see fuzz/main.ts. */
import { runOnSupportedNode } from './node-version.mjs'

runOnSupportedNode(() => import('./launcher/fuzz.mjs'))
