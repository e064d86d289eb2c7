import { afterEach, describe, expect, it, vi } from 'vitest'
import { unwrapAction } from './unwrap-action'

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('act', () => {
  it('gives the data of an action', async () => {
    await expect(unwrapAction(Promise.resolve({ data: { runId: 'r' } }))).resolves.toEqual({ runId: 'r' })
  })

  it('throws what the server said, with its code and hint', async () => {
    const refused = unwrapAction(
      Promise.resolve({ serverError: { code: 'CONFLICT', message: 'It is stopped.', hint: 'Start it.' } }),
    )
    await expect(refused).rejects.toMatchObject({ code: 'CONFLICT', message: 'It is stopped.', hint: 'Start it.' })
  })

  it('finds the sentence in nested validation errors', async () => {
    const refused = unwrapAction(Promise.resolve({ validationErrors: { name: { _errors: ['A name is needed.'] } } }))
    await expect(refused).rejects.toMatchObject({ code: 'BAD_REQUEST', message: 'A name is needed.' })
  })

  it('tells a stale page from a console that is away', async () => {
    await expect(
      unwrapAction(Promise.reject(new Error('Server Action "x" was not found on the server.'))),
    ).rejects.toMatchObject({
      code: 'CONFLICT',
    })
    await expect(unwrapAction(Promise.reject(new TypeError('Failed to fetch')))).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    })
  })

  it('says that the person is signed out, or offline, where that is the case', async () => {
    const noAnswer = () => unwrapAction(Promise.reject(new TypeError('Failed to fetch')))
    vi.stubGlobal('fetch', async () => new Response(null, { status: 401 }))
    await expect(noAnswer()).rejects.toMatchObject({ code: 'UNAUTHORIZED', message: 'You’re signed out.' })
    vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('Failed to fetch')))
    vi.stubGlobal('navigator', { onLine: false })
    await expect(noAnswer()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', message: 'You’re offline.' })
    vi.stubGlobal('navigator', { onLine: true })
    await expect(noAnswer()).rejects.toMatchObject({ message: 'Can’t reach the console.' })
  })
})
