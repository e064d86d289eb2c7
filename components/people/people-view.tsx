'use client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTarget } from '@/components/target/target-provider'
import { Button } from '@/components/ui/button'
import { ConfirmPopover } from '@/components/ui/confirm-popover'
import { CopyButton } from '@/components/ui/copy-button'
import { ErrorState } from '@/components/ui/error-state'
import { Field, Select, TextInput } from '@/components/ui/field'
import { LocalTime } from '@/components/ui/local-time'
import { OutsideText } from '@/components/ui/outside-text'
import { SkeletonRows } from '@/components/ui/skeleton'
import { changeRole } from '@/lib/actions/person/change-role'
import { createLink } from '@/lib/actions/person/create-link'
import { endSessions } from '@/lib/actions/person/end-sessions'
import { invite } from '@/lib/actions/person/invite'
import { remove } from '@/lib/actions/person/remove'
import type { Person, Role } from '@/lib/process-api/people'
import { toCallFailure } from '@/lib/queries/call-failure'
import { peopleQuery } from '@/lib/queries/people'
import { unwrapAction } from '@/lib/queries/unwrap-action'

const roleWords: readonly (readonly [Role, string])[] = [
  ['viewer', 'Viewer: sees everything'],
  ['operator', 'Operator: also runs and changes'],
  ['owner', 'Owner: also manages people'],
]
const hourWords = [
  [1, '1 hour'],
  [24, '1 day'],
  [168, '7 days'],
] as const

/** A link that was just made. It is shown once, because only its hash is stored. */
interface NewLink {
  name: string
  address: string
}

/** Who may use the console. Owners invite people by link, change roles and remove people. */
export function PeopleView() {
  const target = useTarget()
  const { data, error, refetch } = useQuery(peopleQuery(target))
  const [link, setLink] = useState<NewLink | null>(null)
  const show = (name: string, token: string) =>
    setLink({ name, address: `${location.origin}/sign-in?${new URLSearchParams({ invitation: token })}` })
  return (
    <section
      aria-label="People"
      data-pane=""
      tabIndex={-1}
      className="flex min-h-0 min-w-0 flex-1 flex-col overflow-auto bg-surface"
    >
      <div className="flex w-full max-w-[760px] flex-col gap-4 p-4">
        <h1 className="text-title font-semibold">People</h1>
        <p className="text-body text-ink-2">
          You can use this console alone. To work with others, invite them: each person signs in by a link that works
          once, and has a role.
        </p>
        <InviteForm onLink={show} />
        {link && <LinkNotice link={link} />}
        {error && <ErrorState compact failure={toCallFailure(error)} onRetry={() => void refetch()} />}
        {!data && !error && <SkeletonRows rows={3} label="Loading people" />}
        {data?.length === 0 && <p className="text-body text-ink-3">Nobody is invited yet.</p>}
        {data && data.length > 0 && (
          <ul aria-label="People" className="border-t border-line">
            {data.map((person) => (
              <PersonRow key={person.id} person={person} onLink={show} />
            ))}
          </ul>
        )}
      </div>
    </section>
  )
}

function useChange<Input, Output>(change: (input: Input) => Promise<Output>) {
  const queryClient = useQueryClient()
  const target = useTarget()
  return useMutation({
    mutationFn: change,
    onSettled: () => queryClient.invalidateQueries({ queryKey: peopleQuery(target).queryKey }),
  })
}

function InviteForm({ onLink }: { onLink: (name: string, token: string) => void }) {
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('viewer')
  const [hours, setHours] = useState(24)
  const change = useChange(() => unwrapAction(invite({ name, role, hours })))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    change.mutate(undefined, {
      onSuccess: ({ token }) => {
        onLink(name, token)
        setName('')
      },
    })
  }
  return (
    <form onSubmit={submit} className="flex flex-wrap items-end gap-3">
      <Field label="Name" className="min-w-44 flex-1">
        {(slot) => (
          <TextInput {...slot} required maxLength={80} value={name} onChange={(event) => setName(event.target.value)} />
        )}
      </Field>
      <Field label="Role">{(slot) => <RoleSelect {...slot} value={role} onChange={setRole} />}</Field>
      <Field label="Link works for">
        {(slot) => (
          <Select {...slot} value={hours} onChange={(event) => setHours(Number(event.target.value))}>
            {hourWords.map(([value, word]) => (
              <option key={value} value={value}>
                {word}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Button type="submit" variant="primary" busy={change.isPending}>
        Invite
      </Button>
      {change.error && (
        <div className="w-full">
          <ErrorState compact failure={toCallFailure(change.error)} />
        </div>
      )}
    </form>
  )
}

function RoleSelect({
  value,
  onChange,
  ...slot
}: {
  value: Role
  onChange: (role: Role) => void
  id?: string
  'aria-label'?: string
  'aria-describedby'?: string | undefined
  'aria-invalid'?: true | undefined
}) {
  return (
    <Select
      {...slot}
      value={value}
      onChange={(event) => onChange(roleWords.find(([role]) => role === event.target.value)?.[0] ?? value)}
    >
      {roleWords.map(([role, word]) => (
        <option key={role} value={role}>
          {word}
        </option>
      ))}
    </Select>
  )
}

function LinkNotice({ link }: { link: NewLink }) {
  return (
    <div role="status" className="flex flex-col gap-1 rounded-control border border-line bg-raised p-3">
      <p className="text-body">
        Send this link to <OutsideText text={link.name} />. It works once, and is not shown again.
      </p>
      <div className="flex items-center gap-1">
        <code className="min-w-0 flex-1 text-label break-all">{link.address}</code>
        <CopyButton text={link.address} label="Copy the link" />
      </div>
    </div>
  )
}

function PersonRow({ person, onLink }: { person: Person; onLink: (name: string, token: string) => void }) {
  const { id: personId, name } = person
  const role = useChange((next: Role) => unwrapAction(changeRole({ personId, role: next })))
  const renew = useChange(() => unwrapAction(createLink({ personId, hours: 24 })))
  const signOut = useChange(() => unwrapAction(endSessions({ personId })))
  const leave = useChange(() => unwrapAction(remove({ personId })))
  const problem = role.error ?? renew.error ?? signOut.error
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b border-line py-2">
      <div className="min-w-44 flex-1">
        <p className="text-body font-medium break-words">
          <OutsideText text={name} />
        </p>
        <p className="text-label text-ink-3">
          <Access person={person} />
        </p>
      </div>
      <div className="w-60 max-w-full">
        <RoleSelect aria-label={`Role of ${name}`} value={person.role} onChange={(next) => role.mutate(next)} />
      </div>
      <div className="flex flex-wrap gap-2">
        <Button
          busy={renew.isPending}
          onClick={() => renew.mutate(undefined, { onSuccess: ({ token }) => onLink(name, token) })}
        >
          New link
        </Button>
        <Button busy={signOut.isPending} onClick={() => signOut.mutate(undefined)}>
          Sign out
        </Button>
        <ConfirmPopover
          trigger={<Button variant="danger">Remove</Button>}
          title={`Remove ${name}?`}
          confirm="Remove"
          onConfirm={() => leave.mutateAsync(undefined)}
          error={leave.error?.message}
        >
          All sessions of this person end at once.
        </ConfirmPopover>
      </div>
      {problem && (
        <div className="w-full">
          <ErrorState compact failure={toCallFailure(problem)} />
        </div>
      )}
    </li>
  )
}

function Access({ person: { sessions, signedInAt, linkExpiresAt } }: { person: Person }) {
  if (linkExpiresAt !== null) {
    return (
      <>
        Link works until <LocalTime iso={linkExpiresAt} minutes />
      </>
    )
  }
  if (signedInAt === null) return <>Not signed in</>
  return (
    <>
      {sessions === 1 ? 'Signed in in 1 browser' : `Signed in in ${sessions} browsers`} since{' '}
      <LocalTime iso={signedInAt} minutes />
    </>
  )
}
