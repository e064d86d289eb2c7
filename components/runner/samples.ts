import type { Mode } from '@/components/execution/draft'

/**
 * Sample programs for each language. They are only put into the editor, never run by themselves. JavaScript and
 * TypeScript run as CommonJS, which has no top-level `await`.
 */
export interface Sample {
  /** Links contain this name, never code. */
  name: SampleName
  label: string
  text: string
  /** In the notation of the field. */
  arguments: string
}

const labels = {
  first: 'Both streams, live',
  arguments: 'Arguments and environment',
  input: 'Questions and answers',
  chart: 'A chart',
  failure: 'A failing program',
} as const

export type SampleName = keyof typeof labels
const names = Object.keys(labels) as SampleName[]

const texts: Record<Mode, Record<SampleName, string>> = {
  python: {
    first: `import sys
import time

for number in range(1, 6):
    print(f"tick {number}", flush=True)
    time.sleep(0.5)

print("this line goes to stderr", file=sys.stderr)
`,
    arguments: `import os
import sys

for position, argument in enumerate(sys.argv[1:], start=1):
    print(f"argument {position}: {argument}")

print("home directory:", os.environ["HOME"])
`,
    input: `name = input("What is your name? ")
number = int(input(f"Hello, {name}. Which number should I square? "))
print(f"{number} squared is {number ** 2}")
`,
    chart: `# Needs matplotlib: pip install matplotlib
import math

import matplotlib.pyplot as plt

x = [step / 10 for step in range(63)]
plt.plot(x, [math.sin(value) for value in x], label="sine")
plt.plot(x, [math.cos(value) for value in x], label="cosine")
plt.title("Two waves")
plt.xlabel("x")
plt.legend()
plt.show()
`,
    failure: `def average(numbers):
    return sum(numbers) / len(numbers)


for numbers in ([1, 2, 3], []):
    print("average of", numbers, "is", average(numbers))
`,
  },
  javascript: {
    first: `let number = 0

const timer = setInterval(() => {
  number += 1
  console.log(\`tick \${number}\`)
  if (number < 5) return
  clearInterval(timer)
  console.error('this line goes to stderr')
}, 500)
`,
    arguments: `process.argv.slice(2).forEach((argument, index) => {
  console.log(\`argument \${index + 1}: \${argument}\`)
})
console.log('home directory:', process.env.HOME)
`,
    input: `const readline = require('node:readline/promises')

async function main() {
  const terminal = readline.createInterface({ input: process.stdin, output: process.stdout })
  const name = await terminal.question('What is your name? ')
  const number = Number(await terminal.question(\`Hello, \${name}. Which number should I square? \`))
  console.log(\`\${number} squared is \${number ** 2}\`)
  terminal.close()
}

main()
`,
    chart: `const sales = { Mon: 12, Tue: 19, Wed: 7, Thu: 23, Fri: 16 }

for (const [day, count] of Object.entries(sales)) {
  console.log(\`\${day} \\x1b[36m\${'█'.repeat(count)}\\x1b[0m \${count}\`)
}
`,
    failure: `function average(numbers) {
  if (numbers.length === 0) throw new Error('there are no numbers')
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length
}

for (const numbers of [[1, 2, 3], []]) {
  console.log('average of', numbers, 'is', average(numbers))
}
`,
  },
  typescript: {
    first: `interface Tick {
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
    arguments: `const given: readonly string[] = process.argv.slice(2)

given.forEach((argument: string, index: number) => {
  console.log(\`argument \${index + 1}: \${argument}\`)
})
console.log('home directory:', process.env.HOME)
`,
    input: `import { createInterface } from 'node:readline/promises'

async function main(): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const name: string = await terminal.question('What is your name? ')
  const number = Number(await terminal.question(\`Hello, \${name}. Which number should I square? \`))
  console.log(\`\${number} squared is \${number ** 2}\`)
  terminal.close()
}

void main()
`,
    chart: `const sales: Record<string, number> = { Mon: 12, Tue: 19, Wed: 7, Thu: 23, Fri: 16 }

for (const [day, count] of Object.entries(sales)) {
  console.log(\`\${day} \\x1b[36m\${'█'.repeat(count)}\\x1b[0m \${count}\`)
}
`,
    failure: `function average(numbers: number[]): number {
  if (numbers.length === 0) throw new Error('there are no numbers')
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length
}

for (const numbers of [[1, 2, 3], []]) {
  console.log('average of', numbers, 'is', average(numbers))
}
`,
  },
  shell: {
    first: `for number in 1 2 3 4 5; do
  echo "tick $number"
  sleep 0.5
done
echo 'this line goes to stderr' >&2
`,
    arguments: `set -- one 'two words' three
for argument in "$@"; do
  echo "argument: $argument"
done
echo "home directory: $HOME"
`,
    input: `printf 'What is your name? '
read -r name
printf 'Hello, %s. Which number should I square? ' "$name"
read -r number
echo "$number squared is $((number * number))"
`,
    chart: `while read -r day count; do
  bar=$(printf "%\${count}s" '' | sed 's/ /█/g')
  printf '%s \\033[36m%s\\033[0m %s\\n' "$day" "$bar" "$count"
done <<'END'
Mon 12
Tue 19
Wed 7
Thu 23
Fri 16
END
`,
    failure: `echo 'looking for a file'
cat /no/such/file
echo 'this line is printed all the same'
exit 3
`,
  },
}

/** The samples of a language, in the order of the menu. */
export function samplesOf(mode: Mode): Sample[] {
  return names.map((name) => ({
    name,
    label: labels[name],
    text: texts[mode][name],
    arguments: name === 'arguments' && mode !== 'shell' ? "one 'two words' three" : '',
  }))
}

/** The text of the sample program that a link names, or null. */
export function sampleProgram(name: string | null, mode: Mode): string | null {
  return samplesOf(mode).find((sample) => sample.name === name)?.text ?? null
}
