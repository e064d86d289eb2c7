/** Comments explain why, briefly: one of more than six lines of text must be the header of its file. */
import { sources } from './sources.mjs'

const maxLines = 6

let found = 0
for (const { file, text } of sources(/\.(tsx?|mjs|js|c|h)$/)) {
  for (const { line, length } of longComments(text)) {
    found += 1
    console.log(`${file}:${line}: a comment of ${length} lines; shorten it to ${maxLines}, or move it to the header`)
  }
}
process.exitCode = found === 0 ? 0 : 1

/**
 * @param {string} text
 * @returns {{line: number, length: number}[]} in lines of text, without opening and closing marks, tags and blanks
 */
function longComments(text) {
  const lines = text.split('\n')
  const found = []
  for (let start = 0; start < lines.length; start += 1) {
    const end = endOfComment(lines, start)
    if (end === start) continue
    const body = lines.slice(start, end).filter((line) => /^\s*(?:\/\*\*?|\*|\/\/)?\s*(?:[^\s@*/]|@(?!\w))/.test(line))
    if (body.length > maxLines && !isHeader(lines, start)) found.push({ line: start + 1, length: body.length })
    start = end - 1
  }
  return found
}

/**
 * The line after the comment that starts on this line, or the line itself where none does.
 * @param {string[]} lines
 * @param {number} start
 */
function endOfComment(lines, start) {
  let end = start
  if (/^\s*\/\*/.test(lines[start] ?? '')) {
    while (end < lines.length && !lines[end]?.includes('*/')) end += 1
    return end + 1
  }
  while (/^\s*\/\//.test(lines[end] ?? '')) end += 1
  return end
}

/**
 * The header stands before the first statement.
 * @param {string[]} lines
 * @param {number} start
 */
function isHeader(lines, start) {
  return lines.slice(0, start).every((line) => line.trim() === '' || /^(#!|'use \w+'|\/\/)/.test(line))
}
