/** `npm run dev`: engine and console from the sources, both renewed when a file changes. */
import { runOnSupportedNode } from './node-version.mjs'

runOnSupportedNode(() => import('./launcher/dev.mjs').then((launcher) => launcher.develop()))
