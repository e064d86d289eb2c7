/**
 * Builds what `npm start` runs.
 *
 *   node scripts/build.mjs             what changed since the last build
 *   node scripts/build.mjs --settings  dist/settings.mjs, which checks the environment, always
 *   node scripts/build.mjs --engine    dist/engine.mjs and dist/toolbox/, always
 *   node scripts/build.mjs --server    the console's server, always
 *   node scripts/build.mjs --next      the console's pages, always
 */
import { runOnSupportedNode } from './node-version.mjs'

runOnSupportedNode(() => import('./building/main.mjs'))
