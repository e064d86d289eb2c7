import { setFlagsFromString } from 'node:v8'

/**
 * For processes that pass on many bytes; call it first. Each read from a socket allocates a buffer. By default V8 frees
 * unused buffers in another thread and counts them as used memory until then. On a busy machine that triggers a full
 * garbage collection every 32 MB, which takes as long as passing the bytes on.
 */
export function freeBuffersImmediately(): void {
  // Versions of V8 that do not know the flag ignore it.
  setFlagsFromString('--no-concurrent-array-buffer-sweeping')
}
