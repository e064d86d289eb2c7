import { readPeople } from '@/lib/reads/people'
import { readRoute } from '@/lib/reads/read-route'

/** The people who may use the console. */
export const GET = readRoute('people.list', [], async () => readPeople())
