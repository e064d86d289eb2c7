import { expect, it } from 'vitest'
import { tracebackLines } from './traceback'

it('links the frames of a Python traceback to the lines of the cell', () => {
  const traceback =
    'Traceback (most recent call last):\n  File "<stdin>", line 2, in <module>\n    f()\n  File "<stdin>", line 9, in f\nZeroDivisionError: division by zero\n'
  expect(tracebackLines(traceback, 'x = 1\nf()').map(({ line }) => line)).toEqual([null, 2, null, null, null])
})

it('does not link the frame of a function from another cell', () => {
  const traceback = '  File "<stdin>", line 1, in f\n    return 1/0\n'
  expect(tracebackLines(traceback, 'f()')[0]?.line).toBeNull()
})

it('links the frames of Node.js', () => {
  expect(tracebackLines('Error: no\n    at <run>:3:7', 'a\nb\nc')[1]?.line).toBe(3)
})
