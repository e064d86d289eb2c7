/** `npm run sign-in`: a fresh one-time link to the console that runs. */
import { runOnSupportedNode } from './node-version.mjs'

runOnSupportedNode(() => import('./launcher/sign-in.mjs'))
