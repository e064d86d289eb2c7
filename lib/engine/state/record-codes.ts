/**
 * Authentication of the toolbox's records, so that nobody with access to the state folder can change history unnoticed.
 * Every record carries an HMAC-SHA-256 over the sandbox, the file it is stored in, and its contents.
 * Each sandbox has its own key; sandboxed code never has access to it.
 */
import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

/**
 * `authentic`: the toolbox of this sandbox wrote the record to this file. `unsigned`: the record has no code, such as
 * those of earlier versions. `forged`: the code is wrong, so the record was changed or copied from elsewhere.
 */
export type Authenticity = 'authentic' | 'unsigned' | 'forged'

export interface CheckedText {
  authenticity: Authenticity
  /** The JSON without its code. */
  body: string
}

const codeSuffix = /,"code":"([A-Za-z0-9_-]{43})"\}$/

export class RecordCodes {
  private readonly recordKey: Buffer
  /** For the bytes of journals and recordings; AES-128. */
  readonly outputKey: Buffer

  /** @param key the sandbox's key, 32 bytes */
  constructor(
    key: Uint8Array,
    private readonly sandboxId: string,
  ) {
    this.recordKey = Buffer.from(hkdfSync('sha256', key, '', 'records', 32))
    this.outputKey = Buffer.from(hkdfSync('sha256', key, '', 'output', 16))
  }

  /**
   * Null for a toolbox without a key.
   * @param key in base64
   */
  static from(key: string | null, sandboxId: string): RecordCodes | null {
    return key === null ? null : new RecordCodes(Buffer.from(key, 'base64'), sandboxId)
  }

  /** @param json a JSON object with at least one member */
  sign(location: string, json: string): string {
    return `${json.slice(0, -1)},"code":"${this.codeOf(location, json).toString('base64url')}"}`
  }

  check(location: string, text: string): CheckedText {
    const found = splitCode(text)
    if (found.code === null) return { authenticity: 'unsigned', body: text }
    // Compared as text: two base64 texts can decode to the same bytes.
    const expected = Buffer.from(this.codeOf(location, found.body).toString('base64url'))
    const actual = Buffer.from(found.code)
    const isAuthentic = actual.length === expected.length && timingSafeEqual(actual, expected)
    return { authenticity: isAuthentic ? 'authentic' : 'forged', body: found.body }
  }

  /** Neither JSON nor ids nor locations contain a raw NUL, so the parts cannot be shifted. */
  private codeOf(location: string, body: string): Buffer {
    return createHmac('sha256', this.recordKey).update(`${this.sandboxId}\0${location}\0`).update(body).digest()
  }
}

/** Check a record's code. Without a key, nothing is authentic. */
export function checkText(codes: RecordCodes | null, location: string, text: string): CheckedText {
  return codes ? codes.check(location, text) : { authenticity: 'unsigned', body: splitCode(text).body }
}

export function signText(codes: RecordCodes | null, location: string, json: string): string {
  return codes ? codes.sign(location, json) : json
}

function splitCode(text: string): { body: string; code: string | null } {
  const match = codeSuffix.exec(text)
  return match ? { body: `${text.slice(0, match.index)}}`, code: match[1] ?? null } : { body: text, code: null }
}

/** Digest of content stored outside its record. The record contains the digest, and the record's code covers it. */
export function digestOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('base64url')
}
