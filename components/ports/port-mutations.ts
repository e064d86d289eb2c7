'use client'
import { useMutation } from '@tanstack/react-query'
import { useTarget } from '@/components/target/target-provider'
import { copyText } from '@/components/ui/copy-text'
import { createPortLink } from '@/lib/actions/port/create-link'
import { revokePortLink } from '@/lib/actions/port/revoke-link'
import { unwrapAction } from '@/lib/queries/unwrap-action'
import { type PortLink, usePortLinks } from './port-links'

/** Creates a signed link, copies it, and resolves with whether it could be copied. */
export function useCreatePortLink(sandboxId: string) {
  const target = useTarget()
  const { add } = usePortLinks(target, sandboxId)
  return useMutation({
    mutationFn: async (input: { port: number; expiresInSeconds: number }) => {
      const link = await unwrapAction(createPortLink({ target, sandboxId, ...input }))
      add({ target, sandboxId, ...link })
      return { ...link, copied: await copyText(link.url) }
    },
  })
}

export function useRevokePortLink(sandboxId: string) {
  const target = useTarget()
  const { remove } = usePortLinks(target, sandboxId)
  return useMutation({
    mutationFn: ({ port, token }: PortLink) => unwrapAction(revokePortLink({ target, sandboxId, port, token })),
    onSuccess: ({ token }) => remove(token),
  })
}
