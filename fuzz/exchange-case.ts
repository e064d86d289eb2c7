/** What one client sends on one connection, generated completely before anything is sent. */
export interface ExchangeCase {
  /** The category of the case. */
  readonly kind: string
  /** A description for people. */
  readonly title: string
  readonly to: 'engine' | 'toolbox'
  /** Sent in order, each when the kernel has accepted the previous one. */
  readonly writes: readonly Buffer[]
  /** `answer` waits for the response; `half-close` ends the request and keeps reading; `reset` closes at once. */
  readonly end: 'answer' | 'half-close' | 'reset'
  /** A complete request was sent, so a response must arrive. */
  readonly isWhole: boolean
  /** The response has no body: `HEAD`. */
  readonly hasNoBody?: boolean
  /** Errors need no envelope: Engine.IO has its own protocol. */
  readonly isForeign?: boolean
}

export type Headers = readonly (readonly [name: string, value: string])[]

/** The bytes of a request. Text is encoded as Latin-1, as in HTTP. */
export function requestBytes(method: string, target: string, headers: Headers, body: Buffer = Buffer.alloc(0)): Buffer {
  const lines = [`${method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body])
}
