/**
 * Unit tests take seconds, so a test that opens sockets or starts processes is named `*.integration.test.ts`. Prints one
 * line for each that is not.
 */
import { sources } from './sources.mjs'

const unitTest =
  /^(?!lib\/engine\/test\/|scripts\/launcher\/test\/)(lib|components|scripts|bench)\/.*(?<!\.integration)\.test\.tsx?$/
const serverOrProcess =
  /^import (?!type )[^;]*?\b(createServer|connect|request|WebSocketServer|spawn|spawnSync|exec\w*|fork)\b[^;]*? from '(node:(net|http|https|tls|child_process)|ws)'/m

let found = 0
for (const { file, text } of sources(/\.test\.tsx?$/)) {
  if (!unitTest.test(file) || !serverOrProcess.test(text)) continue
  found += 1
  console.log(`${file}: opens sockets or starts processes; name it *.integration.test.ts`)
}
process.exitCode = found === 0 ? 0 : 1
