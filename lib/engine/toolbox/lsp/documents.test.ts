import { expect, test } from 'vitest'
import { candidatePaths } from './documents'

test.each([
  ['file:///p/a.py', ['/p/a.py']],
  ['/p/a.py', ['/p/a.py']],
  ['file:///p/a%20b.py', ['/p/a%20b.py', '/p/a b.py']],
  ['file:///p/100%.py', ['/p/100%.py']],
  ['file://src/a.py', ['/home/src/a.py', '/p/src/a.py']],
  ['file://../a.py', ['/a.py', '/a.py']],
  ['a.py', ['/home/a.py', '/p/a.py']],
])('%s may be %j', (uri, paths) => expect(candidatePaths(uri, '/p', '/home')).toEqual(paths))
