/** `npm run engine`: the engine alone, without the console. */
import { runOnSupportedNode } from './node-version.mjs'

runOnSupportedNode(() => import('./launcher/main.mjs').then((launcher) => launcher.launch(['engine'])))
