/** `npm run stop`: end what runs with the data folder. */
import { runOnSupportedNode } from './node-version.mjs'

runOnSupportedNode(() => import('./launcher/stop.mjs'))
