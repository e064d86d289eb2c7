import { stat } from 'node:fs/promises'

/**
 * Starts the threads of libuv's pool. Node starts them with its first asynchronous file operation, and aborts the whole
 * process if it cannot: in a sandbox at its process limit, a fork bomb would end the toolbox.
 */
export async function startThreadPool(): Promise<void> {
  await stat('/')
}
