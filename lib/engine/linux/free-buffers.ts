import { setFlagsFromString } from 'node:v8'

/**
 * For processes that carry many bytes; call it first. Each read from a socket makes a buffer. V8 frees those that are no
 * longer used in another thread, and until that gets to it they count as used memory: on a busy machine V8 then takes
 * itself for full and searches the whole heap at every 32 MB, which takes as long as carrying them.
 */
export function freeBuffersAtOnce(): void {
  // A version of V8 that does not know it any more ignores it.
  setFlagsFromString('--no-concurrent-array-buffer-sweeping')
}
