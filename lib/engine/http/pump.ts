/** Passing bytes from one connection to another. */
import type { Readable, Writable } from 'node:stream'

/**
 * Bytes that may wait for whoever reads more slowly. Streams of Node stop each other at 16 KiB, which is less than one
 * read from a socket: then two processes wait for each other at every chunk, and neither of them for its work.
 */
export const pumpMark = 1024 * 1024

/** As `source.pipe(sink)`, with more room in between. Returns what ends it before its time. */
export function pump(source: Readable, sink: Writable): () => void {
  const take = (chunk: Buffer) => {
    if (sink.destroyed || sink.writableEnded) return
    sink.write(chunk)
    if (sink.writableLength >= pumpMark) source.pause()
  }
  const resume = () => source.resume()
  const end = () => {
    if (!sink.destroyed) sink.end()
  }
  const stop = () => {
    source.off('data', take)
    source.off('end', end)
    sink.off('drain', resume)
    sink.off('close', stop)
  }
  source.on('data', take)
  source.once('end', end)
  sink.on('drain', resume)
  sink.once('close', stop)
  return stop
}
