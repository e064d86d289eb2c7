/**
 * Retired words: names and phrases that were replaced by the field's standard terms must not come back. Prints one line
 * for each.
 */
import { sources } from './sources.mjs'

/** @type {[RegExp, string][]} */
const retired = [
  [/\bpatienceMs\b/, 'shutdownTimeoutMs'],
  [/\bTurnstile\b/i, 'Semaphore'],
  [/\binTurn\b/, 'runExclusive'],
  [/\bDoom\b/, 'TeardownReason'],
  [/\balive-?pipe\b/i, 'liveness pipe'],
  [/\blog-?veil\b/i, 'reconnect overlay'],
  [/\btext-?seam\b/i, 'UTF-8 carry'],
  [/\buseAbilities\b/, 'useCapabilities'],
  [/\bTARGET_AWAY\b/, 'TARGET_UNREACHABLE'],
  [/\bTARGET_UNCLEAR\b/, 'TARGET_BAD_RESPONSE'],
  [/\bTARGET_UNABLE\b/, 'TARGET_UNSUPPORTED'],
  [/\babsent-routes\b/, 'unsupported-routes'],
  [/\btold\b(?!\[)/, '"reported", "received" or "distinguished"'],
  [/(?<!there )\bis no (address|port|number|problem|object|list)\b/i, '"is not a …"'],
  [/\bnobody knows\b/i, '"is unknown"'],
]

/** This file, and a C variable that is part of the binary protocol of the sandbox init. */
const own = /^(scripts\/checking\/words\.mjs|lib\/engine\/isolation\/hand\/init\.c)$/

let found = 0
for (const { file, text } of sources(/\.(tsx?|mjs|js|css|py|c|h|sh|md)$/)) {
  if (own.test(file)) continue
  for (const [index, line] of text.split('\n').entries()) {
    for (const [pattern, replacement] of retired) {
      const match = pattern.exec(line)
      if (!match) continue
      found += 1
      console.log(`${file}:${index + 1}: "${match[0]}" is retired; say ${replacement}`)
    }
  }
}
process.exitCode = found === 0 ? 0 : 1
