import { describe, expect, it } from 'vitest'
import { sessionCommand } from './session-command'

describe('a run as a command of a session', () => {
  it('is the command itself where nothing else was chosen', () => {
    expect(sessionCommand({ kind: 'command', command: 'echo hi' })).toBe('echo hi')
  })

  it('is a subshell with directory, environment and time limit', () => {
    const request = { kind: 'command', command: "echo 'a b'", cwd: '/a b', envs: { A: '$x' }, timeout: 5 } as const
    expect(sessionCommand(request)).toBe(
      `(\ncd '/a b' || exit\nexport A='$x'\ntimeout 5 bash -c 'echo '\\''a b'\\'''\n)`,
    )
  })

  it('passes code as a file, whatever it contains', () => {
    const code = 'print("""\nEND_OF_CODE\n$HOME""")\n'
    expect(sessionCommand({ kind: 'code', language: 'python', code, argv: ["it's"], timeout: 2 })).toBe(
      [
        '(',
        'folder=$(mktemp -d) || exit',
        `trap 'rm -rf "$folder"' EXIT`,
        'main=$folder/main.py',
        `cat > "$main" <<'END_OF_CODE_'`,
        'print("""\nEND_OF_CODE\n$HOME""")',
        'END_OF_CODE_',
        `timeout 2 python3 -u "$main" 'it'\\''s'`,
        ')',
      ].join('\n'),
    )
  })
})
