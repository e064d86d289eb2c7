/** Texts that are taken for plain, each read by a real bash that carries out nothing. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell text
import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isPlainText } from '../toolbox/session/plain-text'

test('what is taken for plain is what bash reads without an error, and to its end', () => {
  const tokens =
    'a|b c|"|\'|$x|${x}|${x:-y}|$(|)|(|{|}|;|;;|&|&&|\\|||\\|\\||>|<|<<<|2>&1|>f|\n| | |#|!|if|then|else|fi|while|do|done|for i in|=|x=1|\\\\|$((1+1))|$'
      .replaceAll('\\|', '\u0001')
      .split('|')
      .map((token) => token.replaceAll('\u0001', '|'))
  const text = fc
    .array(fc.constantFrom(...tokens, ' ', ' ', 'echo'), { minLength: 1, maxLength: 12 })
    .map((list) => list.join(''))
  const plain = fc.sample(text, 20_000).filter(isPlainText)
  expect(plain.length).toBeGreaterThan(500)
  // One bash reads them all: each as a function that is never called, in a process of its own for a syntax error.
  const script = plain.map((it, i) => `bash -n <<'END${i}' || echo "${i}"\n{ :; ${it}\n}\nEND${i}\n`)
  const { stdout, stderr } = spawnSync('bash', [], { input: script.slice(0, 600).join(''), encoding: 'utf8' })
  expect(
    stdout
      .split('\n')
      .filter(Boolean)
      .map((i) => plain[Number(i)]),
  ).toEqual([])
  expect(stderr).toBe('')
})
