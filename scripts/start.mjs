/** `npm start`: install, build, start the engine and the console, keep both running until a signal comes. */
import { runOnSupportedNode } from './node-version.mjs'

runOnSupportedNode(() => import('./launcher/main.mjs').then((launcher) => launcher.launch(['engine', 'console'])))
