// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell text
/**
 * A session beside bare `bash --norc --noprofile` that reads the same lines: streams, statuses, traps and traces are the
 * same byte for byte. Generated sequences of commands, and each input that once showed the machinery.
 *
 * `SANDGLASS_SEQUENCES=20000` runs so many sequences instead of 2,000.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { poolFolders } from '../config/toolbox-config'
import { FifoPool } from '../toolbox/process/fifo-pool'
import { LocalStarter } from '../toolbox/process/local-starter'
import type { SessionShell } from '../toolbox/session/shell'
import { startShell } from '../toolbox/session/start-shell'

const folder = mkdtempSync(path.join(tmpdir(), 'sandglass-beside-bash-'))
const searchPath = process.env.PATH ?? '/usr/bin:/bin'
const env = { PATH: searchPath, HOME: folder, SANDGLASS_COMMAND: '', LC_ALL: 'C.UTF-8' }
const folders = poolFolders({ scratchDir: path.join(folder, 'scratch'), scratchInside: null, pipesDir: null })
const starter = new LocalStarter(folders.pipesDir, searchPath)
const pipes = new FifoPool(folders, starter)
let made = 0

afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Result {
  stdout: string
  stderr: string
  /** Null where the shell ended without one. */
  status: number | null
}

const newFolder = () => {
  made += 1
  const cwd = path.join(folder, `work-${made}`)
  mkdirSync(cwd)
  return cwd
}

/** What the session gives for each command, up to the one that ends the shell. */
async function inSession(commands: readonly string[], more: Record<string, string> = {}): Promise<Result[]> {
  const cwd = newFolder()
  const shell = await startShell('bash', { binary: 'bash', cwd, env: { ...env, ...more, TOP: cwd }, pipes, starter })
  try {
    const results: Result[] = []
    for (const command of commands) {
      const result = await run(shell, command)
      results.push(result)
      if (!shell.isAlive) break
    }
    return results
  } finally {
    shell.end('SIGKILL')
    await shell.ended
  }
}

async function run(shell: SessionShell, text: string): Promise<Result> {
  const streams = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  made += 1
  const running = await shell.run({
    id: `command-${made}`,
    text,
    stdin: 'closed',
    onOutput: (stream, bytes) => streams[stream].push(Buffer.from(bytes)),
    onStdinClosed: () => {},
  })
  const outcome = await running.outcome
  const status = outcome.type === 'returned' ? outcome.status : outcome.end.exit.exitCode
  if (outcome.type === 'shell-ended') await shell.ended
  const textOf = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString('latin1')
  return { stdout: textOf(streams.stdout), stderr: textOf(streams.stderr), status }
}

/** The same lines, read by bare bash from a pipe whose rest no command takes: each reads /dev/null. */
function bare(commands: readonly string[], more: Record<string, string> = {}): Result {
  const cwd = newFolder()
  const input = Buffer.from(commands.map((command) => `${command}\n`).join(''))
  const { stdout, stderr, status, signal } = spawnSync('bash', ['--norc', '--noprofile'], {
    cwd,
    env: Object.assign({} as NodeJS.ProcessEnv, env, more, { TOP: cwd }),
    input,
    encoding: 'latin1',
  })
  return { stdout, stderr, status: signal ? 128 + constants.signals[signal] : status }
}

/** Both streams of all commands, one after the other, and the last status. */
function joined(results: readonly Result[]): Result {
  return {
    stdout: results.map((it) => it.stdout).join(''),
    stderr: results.map((it) => it.stderr).join(''),
    status: results.at(-1)?.status ?? null,
  }
}

/** Folder names and process numbers differ from run to run. */
function comparable({ stdout, stderr, status }: Result): Result {
  const plain = (text: string) => text.replaceAll(/work-\d+/g, 'work').replaceAll(/(kill -\w+) \d+/g, '$1 pid')
  return { stdout: plain(stdout), stderr: plain(stderr), status }
}

async function expectSame(
  commands: readonly string[],
  more: Record<string, string> = {},
  ordered = (text: string) => text,
): Promise<Result[]> {
  const results = await inSession(commands, more)
  const inOrder = (result: Result) => {
    const { stdout, stderr, status } = comparable(result)
    return { stdout: ordered(stdout), stderr: ordered(stderr), status }
  }
  expect(inOrder(joined(results))).toEqual(inOrder(bare(commands, more)))
  return results
}

describe('what once showed the machinery', () => {
  test.each<[string, string[]]>([
    ['a DEBUG trap', [`trap 'echo D:$BASH_COMMAND' DEBUG`, 'echo a', 'trap - DEBUG', 'echo b']],
    ['an ERR trap', [`trap 'echo E:$?' ERR`, 'false', 'false | true', '(exit 3)', 'echo $?']],
    [
      'DEBUG and ERR traps in functions',
      ['set -ET', `trap 'echo D:$BASH_COMMAND' DEBUG; trap 'echo E' ERR`, 'f() { false; }; f', 'f'],
    ],
    ['a RETURN trap', [`trap 'echo R' RETURN`, 'f() { :; }; f', 'echo x']],
    ['an EXIT trap', [`trap 'echo bye; exit 9' EXIT`, 'exit 3']],
    ['a trace', ['set -x', 'false', 'x=1; echo $x', 'set +x', 'echo y']],
    [
      'a trace to a descriptor',
      ['exec 5>trace; BASH_XTRACEFD=5; set -x', 'echo a', '(exit 7)', 'echo b', 'set +x; cat trace'],
    ],
    ['few descriptors', ['ulimit -n 64', 'echo a', 'echo b | cat', 'ulimit -n']],
    ['fewer descriptors', ['ulimit -n 16', 'echo a', 'echo b | cat']],
    [
      'functions named like builtins',
      [
        'builtin() { :; }; printf() { :; }; eval() { :; }; read() { :; }; source() { :; }',
        '.() { :; }; exit() { :; }; trap() { :; }',
        'echo a',
        'false',
        'echo $?',
      ],
    ],
    [
      'builtins that are off',
      ['enable -n printf builtin . eval exec exit command trap set', 'echo a', '/bin/false', 'echo $?'],
    ],
    ['every builtin off', ['enable -n $(enable | cut -d" " -f2 | grep -v enable)', '/bin/echo a']],
    [
      'PIPESTATUS',
      ['false | true; ', 'echo ${PIPESTATUS[@]}', '(exit 3) | (exit 4) | true', 'echo $? ${PIPESTATUS[@]}'],
    ],
    [
      'PIPESTATUS with the last above 1',
      ['(exit 3) | false | (exit 4)', 'echo $? ${PIPESTATUS[@]}', 'echo $? ${PIPESTATUS[@]}'],
    ],
    ['pipefail', ['set -o pipefail', '(exit 3) | true', 'echo $? ${PIPESTATUS[@]}']],
    [
      'an empty IFS',
      [`IFS=`, '(exit 1) | (exit 20) | true', 'echo "${PIPESTATUS[0]} ${PIPESTATUS[1]} ${PIPESTATUS[2]}"'],
    ],
    [
      'digits in IFS',
      [
        `IFS=012`,
        '(exit 10) | true | (exit 12)',
        'echo "${PIPESTATUS[0]} ${PIPESTATUS[1]} ${PIPESTATUS[2]}"',
        'echo "$?"',
      ],
    ],
    ['a newline in IFS', [`IFS=$'\\n'`, '(exit 10) | true', 'echo "${PIPESTATUS[0]} ${PIPESTATUS[1]}"']],
    ['$_ from command to command', ['echo a b', 'echo $_', ': x y; false', 'echo $_ $?']],
    ['the first $_', ['echo $_']],
    ['options', ['echo $- $SHELLOPTS $BASHOPTS', 'echo $0 $BASH_SUBSHELL ${#FUNCNAME[@]} ${BASH_SOURCE[0]}']],
    [
      'line numbers',
      ['echo $LINENO', 'nosuch', 'f() {\n nosuch\n echo $LINENO\n}', 'f\n\necho $LINENO', '# comment\n', 'nosuch'],
    ],
    ['LINENO unset', ['unset LINENO', 'echo "<$LINENO>"', 'echo "<${LINENO-unset}>"']],
    ['LINENO read-only', ['readonly LINENO', 'echo a', 'nosuch 2>/dev/null', 'echo b']],
    ['variables exported one and all', ['set -a', 'x=1', 'env | grep -c LINENO', 'env | grep ^x=']],
    ['set -e', ['set -e', 'false || echo on', 'if false; then :; fi', 'false', 'echo not here']],
    ['set -u', ['set -u', 'echo ${x-none}', 'echo $x', 'echo not here']],
    ['set -eu and unset status variables', ['set -eu; unset PIPESTATUS SANDGLASS_COMMAND', 'echo a', 'echo b']],
    ['set -f, noclobber, posix', ['set -f -C; set -o posix', 'echo *', 'echo a >f; echo b >f', 'cat f']],
    ['aliases', ['shopt -s expand_aliases; alias e="echo alias"', 'e a', 'alias f=e\nf b', 'unalias e f; type e']],
    ['extended patterns', ['touch a b', 'shopt -s extglob\necho !(a)', 'echo @(a|b)']],
    ['a break without a loop', ['break; echo $?', 'continue; echo on', 'f() { break; }; f; echo $?']],
    [
      'errors in expressions',
      ['echo $((1/0)); echo not here', 'echo $? $LINENO', 'f() { echo ${x:bad:}; echo no; }; f', 'echo $?'],
    ],
    ['loops that are left', ['for i in 1 2; do echo $i; break; done; echo on', 'while true; do break; done; echo $?']],
    ['a syntax error in the end', ['echo a; if true; then', 'echo not here'].slice(0, 1)],
    ['a syntax error after commands', ['echo a\necho b\nif then\necho c']],
    ['an unfinished quote', ['echo a\necho "b\nc']],
    ['an unfinished here-document', ['echo a\ncat <<X\nb\nc']],
    [
      'here-documents',
      ['cat <<X\n$((1+1)) `echo b`\nX', `cat <<'X'; echo $?\n$x\nX`, 'cat <<-A - <<B\n\ta\n\tA\nb\nB'],
    ],
    [
      'compound commands',
      [
        'case x in x) echo 1;; esac',
        '[[ a == a ]] && echo 2',
        '((1 < 2)) && echo 3',
        'for ((i=0; i<2; i++)); do echo $i; done',
      ],
    ],
    [
      'arrays and substitutions',
      ['a=(1 2 3); echo ${a[@]} ${#a[@]}', 'cat <(echo s)', 'echo `echo t`', 'declare -A m=([k]=v); echo ${m[k]}'],
    ],
    ['background jobs', ['sleep 0.05 & wait $!; echo $?', '(exit 5) & wait $!', 'echo $?; jobs']],
    [
      'a trap of a signal between commands',
      [`trap 'echo usr1' USR1`, '(sleep 0.02; kill -USR1 $$) & wait', 'sleep 0.1; wait', 'echo on'],
    ],
    ['a verbose shell', ['set -v', 'echo a', 'echo b\n# comment\necho c', 'set +v', 'echo d']],
    [
      'bash in the place of bash',
      ['x=1; echo $x', 'exec bash --norc --noprofile', 'echo "<$x> $LINENO"', 'nosuch', 'exec bash', 'echo $0; exit 4'],
    ],
    [
      'a failing exec',
      ['shopt -s execfail; exec /nosuch', 'echo $?', 'shopt -u execfail; exec /nosuch', 'echo not here'],
    ],
    ['descriptors of the user', ['exec 3>f 4>&3; echo a >&3', 'echo b >&4; exec 3>&- 4>&-; cat f']],
    [
      'functions and variables',
      ['f() { local x=2; echo $x $1; return 4; }', 'x=1; f y', 'echo $? $x; declare -f f; declare -p x'],
    ],
    ['a comment alone', ['false', '# nothing', 'echo $?', '', 'echo $?']],
    ['a backslash before an end of line', ['echo a \\\nb', 'echo c\\\\']],
    ['a command that the shell kills itself by', ['echo a; kill -TERM $$; echo not here']],
  ])('%s', async (_what, commands) => {
    await expectSame(commands)
  })

  test.each(['C', 'POSIX', 'C.UTF-8', 'de_DE.UTF-8', 'ja_JP.UTF-8'])('in the locale %s', async (locale) => {
    await expectSame(['(exit 3) | true', 'echo $? ${PIPESTATUS[@]}', 'nosuch', 'echo ä €'], { LC_ALL: locale })
    await expectSame([`export LC_ALL=${locale}`, 'nosuch', 'false', 'echo $?'])
  })

  test('an idle session outlives TMOUT', async () => {
    const shell = await startShell('bash', { binary: 'bash', cwd: folder, env: { ...env, TMOUT: '1' }, pipes, starter })
    await run(shell, 'TMOUT=1')
    const later = await Promise.race([shell.ended, new Promise((resolve) => setTimeout(resolve, 2_500, 'alive'))])
    expect(later).toBe('alive')
    expect(await run(shell, 'echo on')).toEqual({ stdout: 'on\n', stderr: '', status: 0 })
    shell.end('SIGKILL')
    await shell.ended
  })

  test('after a syntax error, which ends bare bash, the session goes on with status 2 and the line counted', async () => {
    const results = await inSession([
      'if true; then',
      'echo $? $LINENO',
      `echo "open`,
      'echo $?',
      'cat <<X\na',
      'echo $LINENO',
    ])
    expect(results.map((it) => it.stdout)).toEqual(['', '2 2\n', '', '2\n', 'a\n', '7\n'])
    expect(results.map((it) => it.status)).toEqual([2, 0, 2, 0, 0, 0])
    expect(results[0]?.stderr).toBe('bash: line 2: syntax error: unexpected end of file\n')
  })

  test('no leftover of a command is swallowed by the next one', async () => {
    const results = await inSession(['echo a \\', 'echo b', 'echo c #', 'echo d', '{ echo e; }', '}', 'echo f'])
    expect(results.map((it) => it.stdout)).toEqual(['a\n', 'b\n', 'c\n', 'd\n', 'e\n', '', 'f\n'])
  })
})

/** Small pieces of shell, put together to sequences. Nothing in them depends on time, process numbers or chance. */
const words = fc.constantFrom(
  'a',
  '$a',
  '"$b"',
  '${c-none}',
  '$?',
  '"${PIPESTATUS[*]}"',
  '$LINENO',
  '$#',
  'x*',
  '"a b"',
  '$((n+1))',
)
const status = fc.constantFrom(0, 1, 2, 3, 7, 126, 130, 255)
const simple = fc.oneof(
  fc.array(words, { maxLength: 3 }).map((list) => ['echo', ...list].join(' ')),
  fc.constantFrom('true', 'false', ':', 'nosuch', 'pwd', 'echo $_', 'echo e >&2', 'cat /nosuch', 'return 3'),
  fc.constantFrom(
    '[ "$a" = 1 ]',
    '[[ $a == 1* ]]',
    '((n++))',
    '((0))',
    'test -e f',
    'shift',
    'local q=1',
    'type -t f',
    'set -- 1 2',
  ),
  fc.constantFrom(
    'a=1',
    'b=$a$b',
    'c=${a:-3}',
    'n=5',
    'unset a',
    'unset b',
    'export a',
    'm=(1 2)',
    'echo ${m[@]}',
    'x=$(exit 4)',
    'a=$(echo s)',
  ),
  fc.constantFrom(
    'mkdir -p d',
    'cd d',
    'cd "$TOP"',
    'cd /nosuch',
    'cd "$OLDPWD" 2>&1',
    'echo x >f',
    'echo y >>f',
    'cat <f',
    'exec 3>g',
    'echo z >&3',
    'exec 3>&-',
  ),
  status.map((code) => `(exit ${code})`),
  fc.tuple(words, words).map(([one, other]) => `printf '%s-%s\\n' ${one} ${other}`),
)
const setting = fc.constantFrom(
  'set -x',
  'set +x',
  'set +x',
  'set -o pipefail',
  'set +o pipefail',
  'set -T',
  'set +T',
  'set -E',
  'set +E',
  'set -f',
  'set +f',
  'set -C',
  'set +C',
  'set +u',
  'set +e',
  'shopt -s extglob',
  'shopt -u extglob',
  'IFS=',
  "IFS=$' \\t\\n'",
  'IFS=01',
  'unset IFS',
  'set -o posix',
  'set +o posix',
  'set -v',
  'set +v',
  "PS4='+$LINENO '",
  "PS4='+ '",
  "trap 'echo D:$BASH_COMMAND' DEBUG",
  'trap - DEBUG',
  'trap - DEBUG',
  "trap 'echo E:$?' ERR",
  'trap - ERR',
  "trap 'echo R' RETURN",
  'trap - RETURN',
  'trap \'echo U\' USR1; kill -USR1 "$$"',
  "trap 'echo bye $?' EXIT",
  'trap - EXIT',
  'trap -p ERR',
  'echo() { builtin echo "[$*]"; }',
  'unset -f echo',
  'enable -n printf',
  'enable printf',
  'printf() { :; }',
  'unset -f printf',
  'exec 5>trace; BASH_XTRACEFD=5',
  'unset BASH_XTRACEFD',
  'ulimit -n 64',
  'shopt -s lastpipe',
  'readonly r=1',
  'r=2',
)
/** Processes that run side by side write in any order: such commands are compared line by line, in any order. */
const sideBySide = fc.oneof(
  simple.map((text) => `${text} | cat`),
  simple.map((text) => `${text} |& cat`),
  fc.tuple(simple, simple).map(([one, other]) => `${one} | { cat; ${other}; }`),
  fc.tuple(simple, simple).map(([one, other]) => `${one} | { cat; ${other}; } | cat`),
  simple.map((text) => `${text} & wait`),
)
const commandWith = (leaf: fc.Arbitrary<string>) =>
  fc.letrec<{ command: string; list: string }>((tie) => ({
    list: fc.array(tie('command'), { minLength: 1, maxLength: 3 }).map((list) => list.join('; ')),
    command: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { weight: 6, arbitrary: leaf },
      fc.tuple(tie('command'), fc.constantFrom(' && ', ' || '), simple).map((parts) => parts.join('')),
      simple.map((text) => `! ${text}`),
      tie('list').map((text) => `( ${text} )`),
      tie('list').map((text) => `{ ${text}; }`),
      tie('list').map((text) => `{ ${text}; } 2>&1`),
      tie('list').map((text) => `{ ${text}; } >out; cat out`),
      tie('list').map((text) => `f() { ${text}; }`),
      fc.tuple(tie('list'), status).map(([text, code]) => `f() { ${text}; return ${code}; }`),
      fc
        .tuple(simple, tie('list'), tie('list'))
        .map(([test, one, other]) => `if ${test}; then ${one}; else ${other}; fi`),
      tie('list').map((text) => `for i in 1 2; do\n${text}\ndone`),
      fc.tuple(words, tie('list')).map(([word, text]) => `case ${word} in a*) ${text};; *) echo else;; esac`),
      simple.map((text) => `echo $(${text})`),
      simple.map((text) => `echo \`${text}\``),
      fc.tuple(simple, simple).map(([one, other]) => `${one}\n# comment\n${other}`),
      simple.map((text) => `eval '${text.replaceAll("'", "'\\''")}'`),
    ),
  })).command
const ending = fc.oneof(
  status.map((code) => `exit ${code}`),
  fc.constantFrom('break', 'set -e', 'set -u; echo $nothing', 'kill -TERM "$$"', 'exec true'),
)
/** Not in a function, or they would not end. */
const call = fc.constantFrom('f', 'f 1 2', 'f || echo $?', '( f )', 'if f; then echo yes; fi', 'x=$(f); echo $?')
const heredoc = fc
  .tuple(words, fc.constantFrom('X', "'X'"))
  .map(([word, end]) => `cat <<${end}\n${word} $(echo sub) \\$a\nX`)
const sequenceOf = (command: fc.Arbitrary<string>) =>
  fc.array(
    fc.oneof(
      { weight: 12, arbitrary: command },
      { weight: 6, arbitrary: setting },
      { weight: 1, arbitrary: heredoc },
      { weight: 2, arbitrary: call },
      { weight: 1, arbitrary: ending },
    ),
    { minLength: 1, maxLength: 6 },
  )
/** What a person would look at after each command; a command of its own in both shells. */
const look = 'echo "=$? ${PIPESTATUS[*]} $_ $LINENO"; echo = >&2'

/** The lines between two looks, in alphabetical order. */
function linesInAnyOrder(text: string): string {
  const parts = text.split(/^(\[?=.*)$/m)
  return parts.map((part, i) => (i % 2 === 0 ? part.split('\n').sort().join('\n') : part)).join('')
}

describe('generated sequences', () => {
  const wanted = Number(process.env.SANDGLASS_SEQUENCES ?? 2_000)
  const inBatch = 25

  test.each([
    ['in one process', sequenceOf(commandWith(simple)), (text: string) => text],
    ['with processes side by side', sequenceOf(commandWith(fc.oneof(simple, sideBySide))), linesInAnyOrder],
  ])(
    `${wanted / 2} of them %s give what bare bash gives`,
    { timeout: 600_000 + wanted * 100 },
    async (_what, sequence, ordered) => {
      const batch = fc.array(sequence, { minLength: inBatch, maxLength: inBatch })
      await fc.assert(
        fc.asyncProperty(batch, async (sequences) => {
          let rest = [...sequences.flat().flatMap((text) => [text, look]), 'trap - EXIT']
          // A command that ends the shell is compared as well; what follows it runs in the next one.
          while (rest.length > 0) {
            // (Before its first command PIPESTATUS is empty in bash, and 0 in a session.)
            const results = (await expectSame(['true', ...rest], {}, ordered)).slice(1)
            for (const [i, { status }] of results.entries()) {
              const seen = /^=(\d+) /m.exec(results[i + 1]?.stdout ?? '')
              if (i % 2 === 0 && seen?.[1]) expect(status).toBe(Number(seen[1]))
            }
            rest = rest.slice(results.length)
          }
        }),
        { numRuns: Math.ceil(wanted / 2 / inBatch) },
      )
    },
  )
})
