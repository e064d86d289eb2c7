#!/usr/bin/env node
/** The command of the npm package: unpacks the product where needed, and runs its command. */
import { runOnSupportedNode } from '../node-version.mjs'

runOnSupportedNode(() => import('./unpack.mjs').then((it) => it.runApp()))
