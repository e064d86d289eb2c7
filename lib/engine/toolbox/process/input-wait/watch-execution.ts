import type { ProcessEntry, ProcessSnapshot } from '../../../linux/process-table'
import type { ExecutionRecord } from '../../execution/record'
import type { InputChannel } from './input-channel'
import type { InputWatches } from './input-watches'

/** Keep an execution's `waitingForInput` up to date until it ends or its standard input is closed. */
export function watchExecution(
  watches: InputWatches,
  record: ExecutionRecord<unknown>,
  channel: InputChannel,
  members: (snapshot: ProcessSnapshot) => ProcessEntry[],
): void {
  const watch = watches.watch({ channel, members, onChange: (waiting) => record.setWaitingForInput(waiting) })
  const unsubscribe = record.onChange((change) => {
    if (change === 'output') watch.noteActivity()
    else if (record.hasEnded || !record.isStdinOpen) {
      watch.stop()
      unsubscribe()
    }
  })
}
