import type { SandboxDto } from '@/lib/process-api/sandbox'

export interface ResourceWords {
  /** What the sandbox may use: `4 GiB · 2 cores`. */
  text: string
  /** What of that is in force and by what, in plain sentences; null where the deployment does not tell. */
  explanation: string | null
  /** True where nothing holds the sandbox to its memory as a whole. */
  isLoose: boolean
}

/** What a sandbox may use, and whether anything holds it to that. */
export function resourceWords({
  memory,
  cpu,
  isolation,
}: Pick<SandboxDto, 'memory' | 'cpu' | 'isolation'>): ResourceWords {
  const text = `${memory} GiB · ${cpu} ${cpu === 1 ? 'core' : 'cores'}`
  const limits = isolation?.limits
  if (!limits) return { text, explanation: null, isLoose: false }
  const { by, processes, message } = limits
  const sentences = [
    memoryWords[limits.memory],
    limits.cpu === 'sandbox' ? 'CPU is limited.' : 'CPU is not limited.',
    processes === null ? 'The number of processes is not limited.' : `At most ${processes} processes and threads.`,
    'Disk space is not limited.',
    by === 'none' ? null : `Enforced by ${by}.`,
    message ?? null,
  ]
  return {
    text:
      limits.memory === 'sandbox' ? text : `${text}, ${limits.memory === 'none' ? 'not enforced' : 'loosely enforced'}`,
    explanation: sentences.filter((sentence) => sentence !== null).join(' '),
    isLoose: limits.memory !== 'sandbox',
  }
}

const memoryWords = {
  sandbox: 'All programs together can use this much memory; a program that goes over the limit is killed.',
  process: 'Each program can use this much memory, so all of them together can use more.',
  none: 'Memory is not limited.',
}
