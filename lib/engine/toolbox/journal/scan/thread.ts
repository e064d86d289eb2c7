/** The thread that scans one journal, so that a long search delays nothing else. It ends with its scan. */
import { parentPort, workerData } from 'node:worker_threads'
import { InvalidPattern } from './line-matcher'
import type { ScanReply, ScanRequest } from './messages'
import { scan } from './scan'

const post = (reply: ScanReply, transfer: ArrayBuffer[] = []) => parentPort?.postMessage(reply, transfer)

try {
  scan(workerData as ScanRequest, post)
} catch (error) {
  if (!(error instanceof InvalidPattern)) throw error
  post({ type: 'invalid', message: error.message })
}
