import { describe, expect, it } from 'vitest'
import { failureIn, frameIn, lineInEditor } from './source-frames'

const code = 'a\nb\nc\nd\ne\n'

describe('frames in a line of output', () => {
  it('are those of Python, Node.js and TypeScript, with the part of the text that names them', () => {
    const named = (text: string) => {
      const frame = frameIn(text, 5)
      return frame && [frame.line, text.slice(frame.start, frame.end)]
    }
    expect(named('  File "/run/sandglass/runs/ae4c/main.py", line 4, in <module>')).toEqual([
      4,
      'File "/run/sandglass/runs/ae4c/main.py", line 4',
    ])
    expect(named('  File "<string>", line 2, in f')).toEqual([2, 'File "<string>", line 2'])
    expect(named('    at f (/run/sandglass/runs/f3d5/main.js:2:9)')).toEqual([
      2,
      '/run/sandglass/runs/f3d5/main.js:2:9',
    ])
    expect(named('    at [stdin]:3:1')).toEqual([3, '[stdin]:3:1'])
    expect(named('/run/sandglass/runs/005e/main.ts:4')).toEqual([4, '/run/sandglass/runs/005e/main.ts:4'])
  })

  it('are neither those of other files nor lines that the code does not have', () => {
    expect(frameIn('  File "/home/daytona/main.py", line 4, in f', 5)).toBeNull()
    expect(frameIn('    at Module._compile (node:internal/modules/cjs/loader:1521:14)', 5)).toBeNull()
    expect(frameIn('  File "<string>", line 6', 5)).toBeNull()
  })
})

describe('the failure of a run', () => {
  it('is the innermost frame of the last Python traceback', () => {
    const output = [
      'Traceback (most recent call last):',
      '  File "/run/sandglass/runs/x/main.py", line 1, in f',
      'KeyError: 1',
      '',
      'During handling of the above exception, another exception occurred:',
      '',
      'Traceback (most recent call last):',
      '  File "/run/sandglass/runs/x/main.py", line 4, in <module>',
      '    f()',
      '  File "/run/sandglass/runs/x/main.py", line 2, in f',
      '  File "/usr/lib/python3/json.py", line 3, in loads',
      'ValueError: x',
    ].join('\n')
    expect(failureIn(output, code)).toEqual({ line: 2, callers: [4], message: 'ValueError: x' })
  })

  it('is the first frame of Node.js, after stacks that the program printed itself', () => {
    const output = [
      'Error: printed',
      '    at g (/run/sandglass/runs/x/main.js:1:9)',
      '/run/sandglass/runs/x/main.js:2',
      '  throw new Error("x")',
      '  ^',
      '',
      'Error: x',
      '    at f (/run/sandglass/runs/x/main.js:2:9)',
      '    at Object.<anonymous> (/run/sandglass/runs/x/main.js:5:1)',
    ].join('\n')
    expect(failureIn(output, code)).toEqual({ line: 2, callers: [5], message: 'Error: x' })
  })

  it('is where TypeScript cannot be read, and nothing without a traceback', () => {
    const output = '✘ [ERROR] Unexpected "="\n\n    /run/sandglass/runs/x/main.ts:2:7:\n      2 │ let y: = ;'
    expect(failureIn(output, code)).toEqual({ line: 2, callers: [], message: '[ERROR] Unexpected "="' })
    expect(failureIn('just text', code)).toBeNull()
  })
})

describe('a line in edited code', () => {
  it('is the nearest one with the same text', () => {
    expect(lineInEditor(code, code, 3)).toBe(3)
    expect(lineInEditor('new\na\nb\nc', code, 2)).toBe(3)
    expect(lineInEditor('other', code, 2)).toBeNull()
  })
})
