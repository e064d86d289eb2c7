import { expect, it } from 'vitest'
import { siteRelation } from './same-site'

it.each([
  ['sandglass.example', 'sandglass.example', 'shared'],
  ['preview.sandglass.example', 'sandglass.example', 'shared'],
  ['sandglass.example', 'preview.sandglass.example', 'shared'],
  ['preview.example.com', 'console.example.com', 'sibling'],
  ['preview.example.com', 'console.example.org', null],
  ['example.com', 'notexample.com', null],
  ['localhost', 'example.com', null],
  ['192.168.1.5', '192.168.1.5', 'shared'],
  ['10.2.1.5', '192.168.1.5', null],
  ['[fd00::1]', '[fd00::1]', 'shared'],
])('%s and %s: %s', (first, second, kinship) => {
  expect(siteRelation(first, second)).toBe(kinship)
})
