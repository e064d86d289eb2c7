/** One thing that a client does to a server: the bytes of a connection, written out before anything is sent. */
export interface Conversation {
  /** The family that it belongs to. */
  readonly kind: string
  /** For a person: what it is about. */
  readonly title: string
  readonly to: 'engine' | 'toolbox'
  /** Sent one after the other, each when the kernel has the one before. */
  readonly writes: readonly Buffer[]
  /** `answer` waits for it; `half-close` says that nothing more comes and reads on; `reset` leaves at once. */
  readonly end: 'answer' | 'half-close' | 'reset'
  /** A whole request was sent: an answer must come. */
  readonly isWhole: boolean
  /** The answer to it has no body: `HEAD`. */
  readonly bodyless?: boolean
  /** Refusals are not ours to word: the protocol of Engine.IO has its own. */
  readonly isForeign?: boolean
}

export type Headers = readonly (readonly [name: string, value: string])[]

/** The bytes of a request; text is written as Latin-1, as HTTP has it, whatever is in it. */
export function requestBytes(method: string, target: string, headers: Headers, body: Buffer = Buffer.alloc(0)): Buffer {
  const lines = [`${method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body])
}
