// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell text
/**
 * A session beside a bare `bash --norc --noprofile` that reads the same lines: streams, statuses, traps and traces are the
 * same, byte for byte. Each input that once showed the machinery, and generated sequences of commands.
 *
 * `SANDGLASS_SEQUENCES=20000` runs so many sequences instead of 2,000. Not compared is what `docs/sessions.md` lists with
 * its reason: what differs on purpose, and what bash makes impossible. Generated sequences contain no call within a
 * function, no loop but `for i in 1 2` and no job that is not waited for, so each of them ends.
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
  // Letters alone: a digit in IFS would split the name.
  const number = String(made).replaceAll(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)))
  const cwd = path.join(folder, `work-${number}`)
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
  const plain = (text: string) => text.replaceAll(/work-[a-j]+/g, 'work').replaceAll(/(kill -\w+) \d+/g, '$1 pid')
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
    [
      'comments alone',
      ['false', '# nothing', 'echo $?', '', '(exit 3) | (exit 4)', '  # a\n\n# b', 'echo $? ${PIPESTATUS[@]} $LINENO'],
    ],
    ['comments in a verbose shell', ['set -v', '(exit 3)\n# a\necho $?', '# b', 'echo c', 'echo $LINENO']],
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
      'if true\n\nthen',
      'echo $? $LINENO',
    ])
    expect(results.map((it) => it.stdout)).toEqual(['', '2 2\n', '', '2\n', 'a\n', '7\n', '', '2 11\n'])
    expect(results.map((it) => it.status)).toEqual([2, 0, 2, 0, 0, 0, 2, 0])
    expect(results[0]?.stderr).toBe('bash: line 2: syntax error: unexpected end of file\n')
  })

  test('no leftover of a command is swallowed by the next one', async () => {
    const results = await inSession(['echo a \\', 'echo b', 'echo c #', 'echo d', '{ echo e; }', '}', 'echo f'])
    expect(results.map((it) => it.stdout)).toEqual(['a\n', 'b\n', 'c\n', 'd\n', 'e\n', '', 'f\n'])
  })
})

describe('what people may change or use', () => {
  test.each<[string, string[]]>([
    [
      'an alias with the name of the word that frames never run',
      ['true', `shopt -s expand_aliases; alias x='}'`, 'echo a', 'false', 'echo $?', `alias x='('`, 'echo b', 'exit 4'],
    ],
    [
      'command_not_found_handle',
      ['true', 'command_not_found_handle() { echo "CNF $1"; return 3; }', 'nosuch a b', 'echo $?'],
    ],
    ['PROMPT_COMMAND and prompts', ['true', `PROMPT_COMMAND='echo P'`, 'echo a', 'PS0=zero PS1=one', 'echo b']],
    [
      'PATH unset',
      ['true', 'unset PATH', 'echo a', 'ls', '/bin/true; false', 'echo $?', '(exit 4)', 'echo $? ${PIPESTATUS[@]}'],
    ],
    ['an empty PATH', ['true', 'PATH=', 'echo a', '(exit 4)', 'echo $?']],
    [
      'a working directory that was removed',
      ['true', 'mkdir gone && cd gone && rmdir ../gone', 'echo a', 'pwd', '(exit 3)', 'echo $?', 'cd ..', 'pwd'],
    ],
    [
      'extdebug',
      [
        'true',
        'shopt -s extdebug',
        `trap 'echo D:$BASH_COMMAND' DEBUG`,
        'echo a',
        'f() { echo in; return 2; }',
        'f',
        'trap - DEBUG',
        'f',
      ],
    ],
    [
      'extdebug with a DEBUG trap that skips commands',
      ['true', 'shopt -s extdebug', `trap 'false' DEBUG`, 'echo a', 'echo b', 'trap - DEBUG', 'echo c'],
    ],
    [
      'functrace',
      [
        'true',
        'set -o functrace',
        `trap 'echo D:$BASH_COMMAND' DEBUG; trap 'echo R' RETURN`,
        'f() { echo in; }',
        'f',
        'x=$(f)',
        '(exit 3)',
        'echo $?',
      ],
    ],
    [
      'a read-only function',
      ['true', 'readonly -f f 2>&1; g() { :; }; readonly -f g', 'echo a', 'g() { echo; }', 'echo $?'],
    ],
    ['read-only variables', ['true', 'readonly REPLY PWD OLDPWD HOME', 'echo a', 'cd /', 'echo $?']],
    [
      'POSIXLY_CORRECT',
      [
        'true',
        'POSIXLY_CORRECT=1',
        'echo a',
        '(exit 5)',
        'echo $?',
        'export x',
        'alias ll=pwd',
        'll',
        'echo $SHELLOPTS',
        'unset POSIXLY_CORRECT',
        'echo $SHELLOPTS',
      ],
    ],
    [
      'limits of files, file size, memory and time',
      [
        'true',
        'ulimit -n 64',
        'echo a',
        'for i in 1 2 3; do (exit $i); done',
        'echo $?',
        'ulimit -n 64; echo b',
        'ulimit -f 1',
        'echo c',
        'ulimit -v 500000',
        'echo d',
        'ulimit -t 100; echo e',
      ],
    ],
    [
      'a umask that takes every permission away',
      ['true', 'umask 777', 'echo a', '(exit 3)', 'echo $?', 'echo b >f; ls -l f | cut -c1-10'],
    ],
    [
      'set -e and functions',
      ['true', 'set -e', 'f() { false; echo no; }', 'f || echo handled', 'echo a', 'f', 'echo not here'],
    ],
    ['set -ex', ['true', 'set -ex', 'echo a', '! true', 'echo b', '(exit 5)']],
    [
      'an ERR trap in functions, pipelines and substitutions',
      [
        'true',
        `set -E; trap 'echo ERR:$?:$LINENO:$BASH_COMMAND' ERR`,
        'false',
        '(exit 5)',
        'true | false',
        '! false',
        'false || true',
        'f() { false; true; }',
        'f',
        'x=$(false)',
        'trap - ERR',
        'false',
      ],
    ],
    ['an ERR trap that exits', ['true', `trap 'echo E; exit 7' ERR`, 'echo a', 'false', 'echo no']],
    [
      'a DEBUG trap in every kind of command',
      [
        'true',
        `trap 'echo D:$LINENO:$BASH_COMMAND' DEBUG`,
        'echo a; echo b',
        'for i in 1 2; do echo $i; done',
        '((1))',
        '[[ a ]]',
        'case a in a) echo c;; esac',
        'f() { echo f; }',
        'f',
        'x=1',
        '(echo sub)',
        'echo a | cat',
        'exit 3',
      ],
    ],
    [
      'signals that are ignored or trapped',
      [
        'true',
        `trap '' INT TERM; trap 'echo hup' HUP`,
        'kill -HUP $$; echo a',
        'kill -TERM $$; echo b',
        'trap -p HUP INT',
        'trap - HUP INT TERM',
      ],
    ],
    ['all options', ['true', 'set -o', 'shopt', 'set +o', 'echo $-']],
    [
      'sourced files',
      [
        'true',
        `echo 'echo in $LINENO \${BASH_SOURCE[0]} \${FUNCNAME[0]} $#; nosuch; return 3' > s`,
        '. ./s a b',
        'echo $?',
        'source ./s',
        'echo ${BASH_SOURCE[@]} ${BASH_LINENO[@]} ${FUNCNAME[@]}',
      ],
    ],
    ['call stacks', ['true', 'f() { caller; caller 0; echo ${BASH_LINENO[@]} ${FUNCNAME[@]}; }', 'f', 'g() { f; }; g']],
    [
      'open descriptors of children',
      ['true', 'ls /proc/self/fd | wc -l', 'exec 4</dev/null', 'ls /proc/self/fd | wc -l'],
    ],
    [
      'jobs, terminals and expansions that assign',
      [
        'true',
        'wait; jobs; echo $!',
        'true & wait; echo $?',
        'echo ${x:=3}',
        'echo $x',
        '[ -t 0 ]; echo $?',
        '[ -t 1 ]; echo $?',
        'tty',
      ],
    ],
    [
      'positional parameters and shell variables',
      [
        'true',
        'echo $SHLVL $PPID | wc -w',
        'echo $BASHOPTS',
        'echo ${#BASH_VERSINFO[@]}',
        'echo $0 $#',
        'set -- a b; echo $#',
        'shift; echo $1',
        'echo $BASH_EXECUTION_STRING',
        'echo $SECONDS | wc -c',
      ],
    ],
    [
      'getopts from command to command',
      ['true', 'set -- -a -b x', 'getopts ab: o; echo $o $OPTIND', 'getopts ab: o; echo $o $OPTARG $OPTIND'],
    ],
    [
      '$_ after every kind of command',
      [
        'true',
        'echo a b',
        'echo $_',
        'x=1',
        'echo "<$_>"',
        'f() { :; }; f q',
        'echo $_',
        'echo $(echo c)',
        'echo $_',
        '/bin/true z',
        'echo $_',
      ],
    ],
    [
      'a coprocess',
      [
        'true',
        'coproc cat',
        'echo hi >&${COPROC[1]}; read -u ${COPROC[0]} l; echo $l',
        'exec {COPROC[1]}>&-; wait; echo done',
      ],
    ],
    ['arrays of lines', ['true', `mapfile -t m < <(printf 'a\\nb\\n'); echo \${m[1]}`, 'echo ${#m[@]}']],
    [
      'functions named eval, trap, read, source, exec, set and kill',
      [
        'true',
        'eval() { echo EV; }; trap() { echo TR; }; read() { echo RE; }; source() { echo SO; }; exec() { echo EX; }; set() { echo SE; }; kill() { echo KI; }',
        'eval a; trap b; read c; source d; exec e; set f; kill g',
        'echo a',
        '(exit 3)',
        'echo $?',
      ],
    ],
    [
      'functions named break, continue and return',
      [
        'true',
        'break() { echo BR; }; continue() { :; }; return() { echo RT; }; if_() { :; }; x() { echo XX; }',
        'break; return; x',
        'echo a',
        'while :; do builtin break; done; echo $?',
      ],
    ],
    [
      'nounset and the number of statuses',
      [
        'true',
        'shopt -s localvar_inherit',
        'set -o nounset',
        'echo ${#PIPESTATUS[@]}',
        'echo a',
        'true | true',
        'echo ${#PIPESTATUS[@]}',
      ],
    ],
    ['BASH_ENV and ENV', ['true', 'export BASH_ENV=/nosuch ENV=/nosuch', 'echo a', `bash -c 'echo b'`, 'cat /nosuch']],
    ['history expansion', ['true', 'set -H; set -o history', 'echo a', 'false', 'x=1; echo $?; (exit 3)', 'echo $?']],
    ['job control', ['true', 'set -m', 'true | cat', 'sleep 0.01 & wait $!; echo $?', '(exit 3)', 'echo $?', 'fg']],
    [
      'shells in the shell',
      [
        'true',
        `bash --norc -c 'echo $SHLVL; exit 4'; echo $?`,
        `sh -c 'echo a; exit 3'`,
        'echo $?',
        `bash -ic 'echo i' 2>/dev/null; echo $?`,
        `env | grep -v '^SANDGLASS' | sort`,
        `bash <<< 'echo hi; false'`,
        'echo $?',
      ],
    ],
    [
      'exits of subshells',
      [
        'true',
        '(exit 3); echo $?',
        `( trap 'echo sub' EXIT; exit 4 )`,
        'echo $?',
        'f() ( exit 5 ); f',
        'echo $?',
        'x=$(exit 6)',
        'echo $?',
        'exit 7 | true',
        'echo ${PIPESTATUS[@]}',
      ],
    ],
    [
      'options of every kind',
      [
        'true',
        'shopt -s nullglob failglob dotglob globstar nocaseglob nocasematch',
        'echo a',
        '(exit 2)',
        'echo $?',
        'shopt -s compat31 2>/dev/null; echo b',
        `shopt -u sourcepath promptvars; shopt -s xpg_echo; echo 'a\\tb'`,
        'shopt -s inherit_errexit lastpipe; echo c | read x; echo $x',
        'set -k; echo d',
        'set -t 2>/dev/null; echo e',
      ],
    ],
    [
      'the other options of set',
      [
        'true',
        'set -h; set +h; set -b; set -p 2>/dev/null; set +p; set -P; set +B',
        'echo {a,b}',
        '(exit 2)',
        'echo $?',
        'set -B; set +m',
      ],
    ],
    ['a CHLD trap', ['true', `trap 'echo chld' CHLD`, 'true & wait', '/bin/true; echo a', 'trap - CHLD', 'echo b']],
    [
      'traps of other signals',
      [
        'true',
        `trap 'echo pipe' PIPE; trap 'echo alrm' ALRM; trap 'echo usr2' USR2`,
        'kill -ALRM $$',
        'kill -USR2 $$; false',
        'echo $?',
        'trap - PIPE ALRM USR2',
      ],
    ],
    [
      'here-documents and here-strings',
      [
        'true',
        `cat <<< "a $((1+1))"; cat <<-X\n	q\n	X\n`,
        `cat <<'A' <<B\n1\nA\n2\nB`,
        `f() { cat <<X\nin $1\nX\n}\nf 5`,
        'f 6',
      ],
    ],
    [
      'long lines and long values',
      ['true', `echo ${'a'.repeat(5_000)} | wc -c`, `x='${'b'.repeat(70_000)}'; echo \${#x}`, 'echo ${#x}'],
    ],
    [
      'text that is not ASCII',
      ['true', 'echo ä€🎉 | wc -c', 'x=ä; echo ${#x}', `printf '\\xff\\n' | wc -c`, `echo $'\\u20ac'`],
    ],
    ['carriage returns', ['true', `echo a\r`, `echo b\r\necho c\r`, 'echo d']],
    [
      'a trace with $LINENO and FUNCNAME',
      [
        'true',
        `set -x; PS4='+$LINENO:\${FUNCNAME[0]} '`,
        `f() { echo a\n(exit 3)\n}`,
        'f',
        'x=$(f)',
        'for i in 1 2; do :; done',
        'case $x in a*) :;; esac',
        '[[ a == b ]]',
        '((1+1))',
        'a=(1 2)',
        `cat <<X\n$x\nX`,
        '! false',
        'false || (exit 4)',
        'echo $?',
        'false',
        'set +x',
      ],
    ],
    [
      'aliases named like commands and builtins',
      [
        'true',
        `shopt -s expand_aliases\nalias ll='echo ll' true='echo TRUE' builtin='echo B' trap='echo T' exit='echo X' e='echo '`,
        'll; true; builtin x; trap; exit 3',
        '(exit 2)',
        'echo $?',
        'unalias -a; exit 3',
      ],
    ],
    [
      'read-only functions named like builtins, and a read-only mark',
      [
        'true',
        'builtin() { :; }; x() { echo X; }; readonly -f builtin x; declare -r SANDGLASS_COMMAND',
        'echo a',
        '(exit 3)',
        'echo $?',
        'false | true',
        'echo ${PIPESTATUS[@]}',
      ],
    ],
    [
      "the machinery's own variable, IFS, PS4 and LINENO unset",
      [
        'true',
        'unset ${!SANDGLASS*}; unset BASHOPTS SHELLOPTS 2>/dev/null; unset IFS PS4 LINENO BASH_XTRACEFD',
        'echo a',
        '(exit 3)',
        'echo $?',
        'set -x; echo b',
      ],
    ],
    [
      'set -eo pipefail',
      [
        'true',
        'set -eo pipefail',
        'true | true',
        'false | true || echo ok',
        'echo a',
        'x=$(false) || echo b',
        'false | true',
        'echo no',
      ],
    ],
    [
      'set -u and what is unset',
      ['true', 'set -u', 'echo ${1-x} ${a[@]-none} ${#a[@]}', 'f() { local q; echo ${q-unset}; }; f', 'echo $1', 'no'],
    ],
    [
      'a TERM trap and killed subshells',
      [
        'true',
        `trap 'echo T' TERM; kill $$; echo a`,
        'kill -TERM $BASHPID; echo b',
        '(kill $BASHPID; echo no)',
        'echo $?',
      ],
    ],
    [
      'a verbose and traced text of several lines',
      [
        'true',
        'set -x',
        'set -v',
        `echo\n# comment\necho\nfor i in a b; do\necho $i\ndone\ncat <<X\na\nX\necho b`,
        'echo a',
        'set +v; echo c',
        'echo d',
      ],
    ],
    [
      'a DEBUG trap in the EXIT trap',
      ['true', `trap 'echo bye; exit 3' EXIT; trap 'echo D:$BASH_COMMAND' DEBUG`, 'exit 5'],
    ],
    [
      'read-only names of the framing, except LINENO',
      [
        'true',
        'readonly x=1 SANDGLASS_COMMAND IFS PIPESTATUS',
        'echo a',
        '(exit 3)',
        'echo $?',
        'false | true',
        'echo ${PIPESTATUS[@]}',
      ],
    ],
  ])('%s', async (_what, commands) => {
    await expectSame(commands)
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
      { weight: 1, arbitrary: fc.constantFrom('# comment', '', ' \n\t# comment') },
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
  // The same sequences in every run, so that a failure is a change; other numbers are for searching.
  const seed = Number(process.env.SANDGLASS_SEED ?? 1)

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
        { numRuns: Math.ceil(wanted / 2 / inBatch), timeout: 60_000, endOnFailure: true, seed },
      )
    },
  )
})
