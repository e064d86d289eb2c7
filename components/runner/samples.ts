import type { Mode } from '@/components/execution/draft'

/**
 * Small programs that show the page at work: live output, both streams, an exit code. Only ever put into the editor.
 * JavaScript and TypeScript run as CommonJS, which has no `await` at the top.
 */
const firstPrograms: Record<Mode, string> = {
  python: `import sys
import time

for number in range(1, 6):
    print(f"tick {number}", flush=True)
    time.sleep(0.5)

print("this line goes to stderr", file=sys.stderr)
`,
  javascript: `let number = 0

const timer = setInterval(() => {
  number += 1
  console.log(\`tick \${number}\`)
  if (number < 5) return
  clearInterval(timer)
  console.error('this line goes to stderr')
}, 500)
`,
  typescript: `interface Tick {
  number: number
  at: Date
}

let number = 0

const timer = setInterval(() => {
  number += 1
  const tick: Tick = { number, at: new Date() }
  console.log(\`tick \${tick.number} at \${tick.at.toISOString()}\`)
  if (number < 5) return
  clearInterval(timer)
  console.error('this line goes to stderr')
}, 500)
`,
  shell: `for number in 1 2 3 4 5; do
  echo "tick $number"
  sleep 0.5
done
echo 'this line goes to stderr' >&2
`,
}

/** The program that a link may name; null for every other name. A link names it, it never carries code. */
export function sampleProgram(name: string | null, mode: Mode): string | null {
  return name === 'first' ? firstPrograms[mode] : null
}
