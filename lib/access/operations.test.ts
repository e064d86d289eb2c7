/** Every way into the console names an operation, and every operation is the one of some way. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { operations } from './operations'

const root = path.join(import.meta.dirname, '..', '..')
const files = (folder: string) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((name) => /\.tsx?$/.test(name) && !name.includes('.test.'))
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')

const actions = files('lib/actions').filter((file) => read(file).startsWith("'use server'"))
const routes = files('app').filter((file) => path.basename(file) === 'route.ts')

test.each(actions)('%s exports actions that name their operation', (file) => {
  const text = read(file)
  const actions = text.match(/^export const \w+ = actionWith\(\s*'[a-z]+\.[a-zA-Z]+',/gm) ?? []
  expect(actions).toHaveLength(text.match(/^export (?!type |interface )/gm)?.length ?? -1)
})

test.each(routes)('%s names its operation', (file) => {
  const text = read(file)
  const handlers = text.match(/^export const GET = readRoute\(\s*'[a-z]+\.[a-zA-Z]+',/gm) ?? []
  expect(handlers).toHaveLength(text.match(/^export /gm)?.length ?? -1)
})

test('no operation is left over', () => {
  const sources = [...actions, ...routes, ...files('lib/live/hub'), 'lib/reads/prefetch.ts', 'server.ts'].map(read)
  const unused = Object.keys(operations).filter((name) => !sources.some((text) => text.includes(`'${name}'`)))
  expect(unused).toEqual([])
})

test('the documentation lists every operation with its role', () => {
  const rows = read('docs/team.md').matchAll(/^\| (viewer|operator|owner) \| (`.*`) \|$/gm)
  const listed = [...rows].flatMap(([, role = '', names = '']) =>
    [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => [name, role]),
  )
  expect(Object.fromEntries(listed)).toEqual(
    Object.fromEntries(Object.entries(operations).map(([name, { role }]) => [name, role])),
  )
})
