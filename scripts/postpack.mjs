/** Runs after `npm pack`: see packing/. */
import { runOnSupportedNode } from './node-version.mjs'

runOnSupportedNode(() => import('./packing/postpack.mjs'))
