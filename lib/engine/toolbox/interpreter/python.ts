/** Python contexts. */
import path from 'node:path'
import type { ProcessEntry } from '../../linux/process-table'
import { signalAll } from '../../linux/process-tree'
import type { Language } from './language'

/** `SIGRTMAX - 2`, which the worker turns into KeyboardInterrupt: libc drops a SIGINT while `os.system` waits. */
const interruptSignal = 62

export const python: Language = {
  title: 'Python',
  program: ({ config }, env) => ({
    env,
    file: 'python3',
    args: ['-u', path.join(config.assetsDir, 'python', 'interpreter_worker.py')],
  }),
  sockets: 1,
  prepare: (code) => ({ code }),
  interrupt: (_run, entry) => sendInterrupt(entry),
}

function sendInterrupt(entry: ProcessEntry | undefined): void {
  if (entry) signalAll([entry], interruptSignal)
}
