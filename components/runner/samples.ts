import type { Mode } from '@/components/execution/draft'

/**
 * Sample programs that show live output, both streams and an exit code. They are only put into the editor, never run by
 * themselves. JavaScript and TypeScript run as CommonJS, which has no top-level `await`.
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

/** The sample program that a link names, or null. Links contain a name, never code. */
export function sampleProgram(name: string | null, mode: Mode): string | null {
  return name === 'first' ? firstPrograms[mode] : null
}
