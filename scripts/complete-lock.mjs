/**
 * `npm run lock`: complete package-lock.json after a change of dependencies, so that `npm ci` takes it everywhere.
 * With --check it changes nothing and exits with 1 when something is missing.
 */
import { runOnSupportedNode } from './node-version.mjs'

runOnSupportedNode(() => import('./locking/main.mjs'))
