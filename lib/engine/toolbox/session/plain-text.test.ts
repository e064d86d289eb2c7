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
  'f() { echo $1; }; f a',
  'function f {\n a\n}\ng () (b)',
  'cat <<X\na `b` $(c\nX',
  "cat <<-'E O' >f && b\n\ta\n\tE O\nc",
  'cat <<A; cat <<"B"\n1\nA\n2\nB',
  'case $x in a|b) c;; (*) d ;;& "e f") ;; esac',
  'case x in\n a)\n  b\n  ;;\n *) c\nesac >f',
  'a=(1 "2 3"\n4) b[1]=(); declare -A m=([k]=v)',
  '[[ -f $x && ! "$a" == b* || 1 -lt 2 ]] && echo c',
  '((x += 1)) || time a | b',
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
  'echo a \\',
  'echo !(a)',
  'x=(1',
  'echo x=(1)',
  'f() a',
  'f() {',
  'cat <<X\na',
  'cat <<X "b\nX\n"',
  'cat <<X\na\\\nX',
  'echo $(cat <<X)\nX',
  'case x in a) b',
  'case x in a b) c;; esac',
  'a ;& b',
  '[[ -f ]]',
  '[[ a b ]]',
  '[[ a =~ ( ]]',
  '((1)',
  '[[ a',
  'done',
  'echo $(',
  'a > ',
  'a <2>&1',
  'for i in a; b; done',
])('left to bash: %j', (text) => {
  expect(isPlainText(text)).toBe(false)
})
