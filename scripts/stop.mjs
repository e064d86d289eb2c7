/** `npm run stop`: end what runs with the data directory. */
import { runOnSupportedNode } from './node-version.mjs'

runOnSupportedNode(() => import('./launcher/stop.mjs'))
