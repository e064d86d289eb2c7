import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')

/** Wire fields with text of a sandbox, a program or a target. Without an object, some are the console's own names. */
const field =
  '(?:[\\w.?()]+\\.(?:command|name|title|message|hint|user|kind|language)|(?:[\\w.?()]+\\.)?(?:sessionId|cwd|errorReason|warning))'
/** `{run.title}`, `{session.message ?? '–'}`, `{sessionId}`: rendered unchanged. */
const rawChild = new RegExp(`(?:>|^)\\s*\\{${field}(?:\\s*(?:\\?\\?|\\|\\|)[^{}]*)?\\}\\s*(?:<|$)`, 'm')
/** Attributes with text, on HTML elements. The console's own components make their text visible themselves. */
const tag = /<[a-z][a-z0-9]*\b((?:[^<>{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)>/g
const attribute = /\b(?:title|aria-label|aria-description|placeholder|alt)=\{((?:[^{}]|\{[^{}]*\})*)\}/g
const mentionsField = new RegExp(`\\b${field}\\b`)

function rawTexts(source: string): string[] {
  const found = [rawChild.exec(source)?.[0].trim() ?? []].flat()
  for (const [, attributes = ''] of source.matchAll(tag)) {
    for (const [whole, value = ''] of attributes.matchAll(attribute)) {
      if (mentionsField.test(value) && !value.includes('visibleText(')) found.push(whole)
    }
  }
  return found
}

describe('text from outside', () => {
  it.each([
    ['<p>{run.title}</p>', 1],
    ['<p>\n  {session.message ?? "none"}\n</p>', 1],
    ['<p>{toCallFailure(error).message}</p>', 1],
    ['<li title={survivor.command}>x</li>', 1],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source of a component
    ['<ul aria-label={`Commands in ${sessionId}`}>x</ul>', 1],
    ['<p><OutsideText text={run.title} /></p>', 0],
    ['<li title={visibleText(survivor.command)}>x</li>', 0],
    ['<Pane label={command.command}>x</Pane>', 0],
  ])('%j has %i texts that are rendered unchanged', (source, count) => {
    expect(rawTexts(source)).toHaveLength(count)
  })

  const files = ['components', 'app'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.tsx') && !file.endsWith('.test.tsx'))
      .map((file) => join(folder, file)),
  )
  it.each(files)('is rendered through OutsideText or visibleText in %s', (file) => {
    expect(rawTexts(readFileSync(join(root, file), 'utf8'))).toEqual([])
  })
})
