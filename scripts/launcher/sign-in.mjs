import { runBuilt } from './built-program.mjs'

await runBuilt('sign-in.mjs')
