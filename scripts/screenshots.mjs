/** `node scripts/screenshots.mjs`: takes the pictures of docs/images from the running product, see screenshots/main.mjs. */
import { runOnSupportedNode } from './node-version.mjs'

runOnSupportedNode(() => import('./screenshots/main.mjs'), 'tools')
