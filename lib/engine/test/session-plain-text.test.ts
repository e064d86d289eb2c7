/** Texts that are taken for plain, each read by a real bash that carries out nothing. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell text
import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isPlainText } from '../toolbox/session/plain-text'

const tokens =
  'a|b c|"|\'|$x|${x}|${x:-y}|$(|)|(|{|}|;|;;|;&|&|&&|\\|||\\|\\||>|<|<<<|<<X|<<-X|2>&1|>f|\n| | |#|!|if|then|else|fi|while|do|done|for i in|case x in|esac|a)|function f|f()|time|[[|]]|-f|==|((|))|a=(|X|\t|=|x=1|\\\\|$((1+1))|$'
    .replaceAll('\\|', '\u0001')
    .split('|')
    .map((token) => token.replaceAll('\u0001', '|'))
const token = fc.constantFrom(...tokens, ' ', ' ', 'echo')
const programs = [
  'f() { echo $1; }; function g {\n a\n}\nh() ( b ) >c',
  "cat <<X && b\na `b` $(c\nX\ncat <<-'Y' | d\n\te\\\n\tY\nf",
  'case $x in a|b) c;; (*) d ;;& "e f") ;; esac; case y in\n a)\n  b\n  ;;\n *) c\nesac >f',
  'a=(1 "2 3"\n4) b+=() c; declare -A m=([k]=v [l]="w")',
  'if [[ -f $x && ! "$a" == b* || 1 -lt 2 ]]; then ((x += 1)); fi; time a | ! b',
  'for i in 1 2; do while a; do b; done <c; done & { d; } 2>&1 | (e; f) || until g; do h; done',
  'x=$(cat <<X\na\nX\n) y="$(b "c $(d)")" e <(f) >&2 <<< "$g"',
]
/** One of the programs with some of its characters replaced by tokens. */
const changed = fc
  .tuple(
    fc.constantFrom(...programs),
    fc.array(fc.tuple(fc.nat(200), fc.nat(4), fc.oneof(token, fc.constant(''))), { maxLength: 3 }),
  )
  .map(([program, changes]) =>
    changes.reduce((text, [at, count, put]) => `${text.slice(0, at)}${put}${text.slice(at + count)}`, program),
  )

test.each([
  ['chains of tokens', fc.array(token, { minLength: 1, maxLength: 12 }).map((list) => list.join('')), 500],
  ['changed programs', changed, 1_000],
])('%s: what is taken for plain is what bash reads without an error, and to its end', (_what, text, least) => {
  const plain = [...new Set(fc.sample(text, 20_000).filter(isPlainText))]
  expect(plain.length).toBeGreaterThan(least)
  // One bash reads them all, each in a process of its own for a syntax error.
  const script = plain.map((it, i) => `bash -n <<'END${i}' || echo "${i}"\n{ :; ${it}\n}\nEND${i}\n`)
  const { stdout, stderr } = spawnSync('bash', [], { input: script.slice(0, 600).join(''), encoding: 'utf8' })
  const refused = stdout.split('\n').filter(Boolean)
  expect(refused.map((i) => plain[Number(i)])).toEqual([])
  expect(stderr).toBe('')
})
