import { afterEach, describe, expect, it, vi } from 'vitest'
import { unwrapAction } from './unwrap-action'

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('unwrapAction', () => {
  it('returns the data of an action', async () => {
    await expect(unwrapAction(Promise.resolve({ data: { runId: 'r' } }))).resolves.toEqual({ runId: 'r' })
  })

  it('throws the error of the server with its code and hint', async () => {
    const refused = unwrapAction(
      Promise.resolve({ serverError: { code: 'CONFLICT', message: 'It is stopped.', hint: 'Start it.' } }),
    )
    await expect(refused).rejects.toMatchObject({ code: 'CONFLICT', message: 'It is stopped.', hint: 'Start it.' })
  })

  it('distinguishes an outdated page from an unreachable console', async () => {
    await expect(
      unwrapAction(Promise.reject(new Error('Server Action "x" was not found on the server.'))),
    ).rejects.toMatchObject({
      code: 'CONFLICT',
    })
    await expect(unwrapAction(Promise.reject(new TypeError('Failed to fetch')))).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    })
  })

  it('says whether the user is signed out or offline', async () => {
    const failedFetch = () => unwrapAction(Promise.reject(new TypeError('Failed to fetch')))
    vi.stubGlobal('fetch', async () => new Response(null, { status: 401 }))
    await expect(failedFetch()).rejects.toMatchObject({ code: 'UNAUTHORIZED', message: 'You’re signed out.' })
    vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('Failed to fetch')))
    vi.stubGlobal('navigator', { onLine: false })
    await expect(failedFetch()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', message: 'You’re offline.' })
    vi.stubGlobal('navigator', { onLine: true })
    await expect(failedFetch()).rejects.toMatchObject({ message: 'Can’t reach the console.' })
  })
})
