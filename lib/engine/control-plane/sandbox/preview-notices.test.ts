import { expect, test } from 'vitest'
import { previewNotices, withPreviewNotices } from './preview-notices'

const consoles = ['sandglass.example.com']

test.each(['sandglass.example.com', 'preview.sandglass.example.com', 'example.com'])(
  'previews below %s share a host name with the console: refused, or reported when allowed',
  (preview) => {
    expect(() => previewNotices({ consoles, previews: [preview], shared: false })).toThrow(
      /SANDGLASS_PREVIEW_HOSTS has .* shares a host name with the console/,
    )
    const [notice] = previewNotices({ consoles, previews: [preview], shared: true })
    expect(notice).toContain(`Previews below ${preview} share a host name`)
  },
)

test('a sibling name is reported, a name of another domain is not', () => {
  expect(previewNotices({ consoles, previews: ['preview.example.com'], shared: false })).toEqual([
    expect.stringContaining('as one site'),
  ])
  expect(previewNotices({ consoles, previews: ['preview.example.net'], shared: false })).toEqual([])
  expect(previewNotices({ consoles: [], previews: [], shared: false })).toEqual([])
})

test('a sandbox lists preview notices after its own first warning', () => {
  const report = { kind: 'none', network: 'shared', warnings: ['first', 'last'] } as const
  const { warnings } = withPreviewNotices({ ...report, warnings: [...report.warnings] }, ['notice'])
  expect(warnings).toEqual(['first', expect.stringContaining('shares the network'), 'notice', 'last'])
  const apart = { kind: 'bubblewrap', network: 'private', warnings: [] } as const
  expect(withPreviewNotices({ ...apart, warnings: [] }, [])).toEqual(apart)
})
