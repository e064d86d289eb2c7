// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell text
import { expect, test } from 'vitest'
import { isPlainText } from './plain-text'

test.each([
  'true',
  'cd /tmp && ls -la | grep x',
  'echo \'a b\' "$x ${y:-z} $(date)" > out 2>&1',
  'for i in 1 2; do echo $i; done',
  'if test -e a; then echo b; elif c; then d; else e; fi &',
  'while read -r line; do echo "$line"; done < file',
  '{ a; b; } | ( c; d )\n# comment\necho $((1 + 2))',
  'a=1 b=$(c "$(d)") e',
])('plain: %j', (text) => {
  expect(isPlainText(text)).toBe(true)
})

test.each([
  'echo "open',
  'if true; then',
  'a |',
  'a && && b',
  '; a',
  'a ;; b',
  '}',
  'cat <<X\na\nX',
  'echo a \\',
  'echo !(a)',
  'x=(1',
  'f() { :; }',
  '[[ a',
  'done',
  'echo $(',
  'a > ',
  'a <2>&1',
  'for i in a; b; done',
])('left to bash: %j', (text) => {
  expect(isPlainText(text)).toBe(false)
})
