import { counted } from '@/lib/display/counted'
import type { SandboxDto } from '@/lib/process-api/sandbox'

export interface ResourceDisplay {
  /** Memory and CPU: `4 GiB · 2 cores`. */
  text: string
  /** Which limits are enforced and how, in sentences; null when the target does not report it. */
  explanation: string | null
  /** True when the memory of the sandbox as a whole is not limited. */
  isWeak: boolean
}

/** Resources of a sandbox and whether their limits are enforced. */
export function resourceDisplay({
  memory,
  cpu,
  isolation,
}: Pick<SandboxDto, 'memory' | 'cpu' | 'isolation'>): ResourceDisplay {
  const text = `${memory} GiB · ${counted(cpu, 'core')}`
  const limits = isolation?.limits
  if (!limits) return { text, explanation: null, isWeak: false }
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
    isWeak: limits.memory !== 'sandbox',
  }
}

const memoryWords = {
  sandbox: 'All programs together can use this much memory; a program that goes over the limit is killed.',
  process: 'Each program can use this much memory, so all of them together can use more.',
  none: 'Memory is not limited.',
}
