/** `npm run check`: format, lint, import direction, types, dead code and the lock file, side by side, in seconds. */
import { runOnSupportedNode } from './node-version.mjs'

runOnSupportedNode(() => import('./checking/main.mjs'), 'tools')
