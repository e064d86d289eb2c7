/**
 * `npm test`: everything, on a fresh machine too. Ends with one line "N passed, N failed".
 * `npm test -- unit engine` runs only those suites; their names are check, unit, integration, engine, conformance, browser, attack,
 * slow, browser-slow, package and python. The last four run when they are named, or with `npm test -- all`: the slow ones
 * have the longest tests, package builds and installs the npm package, python needs a package index.
 */
import { runOnSupportedNode } from './node-version.mjs'

runOnSupportedNode(() => import('./testing/main.mjs'), 'tools')
