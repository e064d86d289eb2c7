/** After `npm pack`: the manifest of the checkout again. */
import { restoreManifest } from './manifest.mjs'

restoreManifest()
