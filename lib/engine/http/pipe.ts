/** Piping bytes from one connection to another. */
import type { Readable, Writable } from 'node:stream'

/**
 * Bytes buffered for a slow reader. Node's default of 16 KiB is less than one read from a socket, so that two processes
 * would wait for each other at every chunk.
 */
export const pipeHighWaterMark = 1024 * 1024

/** As `source.pipe(sink)`, with a larger buffer. Returns a function that stops it early. */
export function pipe(source: Readable, sink: Writable): () => void {
  const write = (chunk: Buffer) => {
    if (sink.destroyed || sink.writableEnded) return
    sink.write(chunk)
    if (sink.writableLength >= pipeHighWaterMark) source.pause()
  }
  const resume = () => source.resume()
  const end = () => {
    if (!sink.destroyed) sink.end()
  }
  const stop = () => {
    source.off('data', write)
    source.off('end', end)
    sink.off('drain', resume)
    sink.off('close', stop)
  }
  source.on('data', write)
  source.once('end', end)
  sink.on('drain', resume)
  sink.once('close', stop)
  return stop
}
