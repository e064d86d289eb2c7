/** How a file is shown: by its name, its size, and its first bytes. */
import type { EditorLanguage } from '@/components/editor/languages'

/** Text up to this size can be edited; of a larger one the beginning is shown. */
export const maxEditBytes = 2 * 1024 * 1024
export const maxImageBytes = 20 * 1024 * 1024
/** Bytes of a binary file that are shown. */
export const hexBytes = 4 * 1024

const imageTypes: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
  bmp: 'image/bmp',
  ico: 'image/x-icon',
  // As an image, SVG runs no scripts and loads nothing.
  svg: 'image/svg+xml',
}

const languages: Readonly<Record<string, EditorLanguage>> = {
  py: 'python',
  pyi: 'python',
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  jsx: 'javascript',
  ts: 'typescript',
  mts: 'typescript',
  cts: 'typescript',
  tsx: 'typescript',
  sh: 'shell',
  bash: 'shell',
  json: 'json',
  ipynb: 'json',
  md: 'markdown',
  markdown: 'markdown',
  html: 'html',
  htm: 'html',
  svg: 'html',
  xml: 'html',
  css: 'css',
  yaml: 'yaml',
  yml: 'yaml',
}

function extensionOf(name: string): string {
  return /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? ''
}

/** The media type of an image; null for other files. */
export function imageType(name: string): string | null {
  return imageTypes[extensionOf(name)] ?? null
}

export function isPdf(name: string): boolean {
  return extensionOf(name) === 'pdf'
}

export function isTable(name: string): boolean {
  return ['csv', 'tsv'].includes(extensionOf(name))
}

export function languageOf(name: string): EditorLanguage {
  return languages[extensionOf(name)] ?? 'text'
}

export interface DecodedText {
  text: string
  /** All line ends are CRLF; the editor shows and edits LF. */
  crlf: boolean
  /** CRLF and LF are mixed, which the editor cannot preserve. */
  mixed: boolean
}

/**
 * The text of a file; null if it is binary: not UTF-8, or with a NUL. A byte order mark is kept as a character.
 * @param whole false if the bytes may end within a character
 */
export function decodeText(bytes: Uint8Array, whole: boolean): DecodedText | null {
  if (bytes.includes(0)) return null
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: !whole })
  } catch {
    return null
  }
  const breaks = text.match(/\r\n|\r|\n/g) ?? []
  const crlf = breaks.length > 0 && breaks.every((one) => one === '\r\n')
  const mixed = !crlf && breaks.some((one) => one !== '\n')
  return { text: crlf ? text.replaceAll('\r\n', '\n') : text, crlf, mixed }
}

/** What to write for an edited text. */
export function encodedText(text: string, crlf: boolean): string {
  return crlf ? text.replaceAll('\n', '\r\n') : text
}

/** Rows of 16 bytes: offset, hexadecimal, printable ASCII. */
export function hexRows(bytes: Uint8Array): { offset: string; hex: string; ascii: string }[] {
  const rows = []
  for (let at = 0; at < bytes.length; at += 16) {
    const part = [...bytes.subarray(at, at + 16)]
    rows.push({
      offset: at.toString(16).padStart(8, '0'),
      hex: part.map((byte) => byte.toString(16).padStart(2, '0')).join(' '),
      ascii: part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join(''),
    })
  }
  return rows
}
