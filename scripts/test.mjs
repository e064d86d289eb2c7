/**
 * `npm test`: everything, on a fresh machine too. Ends with one line "N passed, N failed".
 * `npm test -- unit engine` runs only those suites; their names are check, unit, engine, conformance, browser and
 * python. The last needs a package index: it runs when it is named, or with `npm test -- all`.
 */
import { runOnSupportedNode } from './node-version.mjs'

runOnSupportedNode(() => import('./testing/main.mjs'), 'tools')
