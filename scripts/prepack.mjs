/** Runs before `npm pack`: see packing/. */
import { runOnSupportedNode } from './node-version.mjs'

runOnSupportedNode(() => import('./packing/prepack.mjs'))
