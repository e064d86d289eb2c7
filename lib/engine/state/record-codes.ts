/**
 * Authentication of what a toolbox records, so that history cannot be changed unnoticed by whoever gets at the state
 * folder. Every record carries an HMAC-SHA-256 over the sandbox, the place where it is kept, and its contents.
 * The key is the sandbox's own; the sandboxed code never has it.
 */
import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

/**
 * `authentic`: the toolbox of this sandbox wrote it, for this place. `unsigned`: it carries no code, as records of
 * earlier versions. `forged`: its code is not right, so it was changed, or comes from somewhere else.
 */
export type Standing = 'authentic' | 'unsigned' | 'forged'

export interface CheckedText {
  standing: Standing
  /** The JSON without its code. */
  body: string
}

const coded = /,"code":"([A-Za-z0-9_-]{43})"\}$/

export class RecordCodes {
  private readonly recordKey: Buffer
  /** For the bytes of journals and recordings; AES-128. */
  readonly outputKey: Buffer

  /** @param key the sandbox's, 32 bytes */
  constructor(
    key: Uint8Array,
    private readonly sandboxId: string,
  ) {
    this.recordKey = Buffer.from(hkdfSync('sha256', key, '', 'records', 32))
    this.outputKey = Buffer.from(hkdfSync('sha256', key, '', 'output', 16))
  }

  /** Null for a toolbox that was given no key. */
  static from(key: string | null, sandboxId: string): RecordCodes | null {
    return key === null ? null : new RecordCodes(Buffer.from(key, 'base64'), sandboxId)
  }

  /** @param json of an object with at least one member */
  sign(place: string, json: string): string {
    return `${json.slice(0, -1)},"code":"${this.codeOf(place, json).toString('base64url')}"}`
  }

  check(place: string, text: string): CheckedText {
    const found = splitCode(text)
    if (found.code === null) return { standing: 'unsigned', body: text }
    // As text: two texts can stand for the same bytes.
    const right = Buffer.from(this.codeOf(place, found.body).toString('base64url'))
    const given = Buffer.from(found.code)
    const isAuthentic = given.length === right.length && timingSafeEqual(given, right)
    return { standing: isAuthentic ? 'authentic' : 'forged', body: found.body }
  }

  /** JSON has no raw NUL, and neither has an id or a place. */
  private codeOf(place: string, body: string): Buffer {
    return createHmac('sha256', this.recordKey).update(`${this.sandboxId}\0${place}\0`).update(body).digest()
  }
}

/** What can be said without a key: nothing is authentic. */
export function checkText(codes: RecordCodes | null, place: string, text: string): CheckedText {
  return codes ? codes.check(place, text) : { standing: 'unsigned', body: splitCode(text).body }
}

export function signText(codes: RecordCodes | null, place: string, json: string): string {
  return codes ? codes.sign(place, json) : json
}

function splitCode(text: string): { body: string; code: string | null } {
  const match = coded.exec(text)
  return match ? { body: `${text.slice(0, match.index)}}`, code: match[1] ?? null } : { body: text, code: null }
}

/** For what is kept beside a record that names it: the record's own code covers the digest. */
export function digestOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('base64url')
}
