import { quoteWord } from '@/components/execution/arguments'
import type { StartRunRequest } from '@/lib/process-api/extensions'

const extensions = { python: 'py', javascript: 'js', typescript: 'ts' } as const

/** How a file is run in a shell. Node.js runs TypeScript by itself from version 22.18. */
const programs = {
  python: 'python3 -u "$main"',
  javascript: 'node "$main"',
  typescript:
    'if command -v tsx >/dev/null; then set -- tsx; elif command -v ts-node >/dev/null; then set -- ts-node; else set -- node; fi; "$@" "$main"',
} as const

/**
 * A run as a command of a shell session, for targets whose runs cannot stream: the output of a session does. Code becomes
 * a temporary file, so that its standard input stays free for answers. Everything happens in a subshell, so that the
 * session is unchanged afterwards.
 */
export function sessionCommand(request: StartRunRequest): string {
  const before = [
    ...(request.cwd ? [`cd ${quoteWord(request.cwd)} || exit`] : []),
    ...Object.entries(request.envs ?? {}).map(([name, value]) => `export ${name}=${quoteWord(value)}`),
  ]
  const limit = request.timeout ? `timeout ${request.timeout} ` : ''
  if (request.kind === 'command') {
    const command = limit === '' ? request.command : `${limit}bash -c ${quoteWord(request.command)}`
    return before.length === 0 && limit === '' ? command : subshell([...before, command])
  }
  const { code, language } = request
  const end = endMark(code)
  const program = programs[language]
  const words = [program, ...(request.argv ?? []).map(quoteWord)].join(' ')
  return subshell([
    ...before,
    'folder=$(mktemp -d) || exit',
    `trap 'rm -rf "$folder"' EXIT`,
    `main=$folder/main.${extensions[language]}`,
    `cat > "$main" <<'${end}'`,
    code.endsWith('\n') ? code.slice(0, -1) : code,
    end,
    limit === '' ? words : withLimit(words, limit),
  ])
}

function subshell(lines: readonly string[]): string {
  return `(\n${lines.join('\n')}\n)`
}

/** `timeout` starts a program, so that it goes before the program and after the choice of it. */
function withLimit(words: string, limit: string): string {
  const at = words.lastIndexOf('; ')
  return at === -1 ? limit + words : `${words.slice(0, at + 2)}${limit}${words.slice(at + 2)}`
}

/** A line that the code does not contain. */
function endMark(code: string): string {
  const lines = new Set(code.split('\n'))
  let mark = 'END_OF_CODE'
  while (lines.has(mark)) mark += '_'
  return mark
}
