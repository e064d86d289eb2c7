'use server'

import { z } from 'zod'
import { people } from '@/lib/auth/people'
import { roles } from '@/lib/process-api/people'
import { actionWith } from '../action-client'
import { accepted, linkHours, personName } from './person-fields'

/** Adds a person and returns the token of the link with which the person signs in. */
export const invite = actionWith(
  'people.invite',
  z.object({ name: personName, role: z.enum(roles), hours: linkHours }),
).action(async ({ parsedInput: { name, role, hours }, ctx }) =>
  accepted(people().invite({ name, role }, hours, ctx.caller.session.person?.id ?? '')),
)
