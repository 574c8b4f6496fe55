import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { mutedAlways } from '../src/ownSettings.ts'
import { direct, message, pass, Rig, settle, summary } from './rig.ts'

const mine = `PATCH /v1/conversations/${direct}/mine`
const lists = 'GET /v1/conversations'

let rig: Rig
beforeEach(() => {
  vi.useFakeTimers()
  rig = new Rig()
})
afterEach(() => vi.useRealTimers())

const listOf =
  (listed: unknown[], archived: unknown[] = []) =>
  (_: unknown, { searchParams }: URL) => ({ conversations: searchParams.get('archived') === 'true' ? archived : listed, epoch: 'e1' })

/** Answers with what the route says now, when the returned function is called; later calls are answered at once. */
function hold(call: string): () => Promise<void> {
  const route = rig.routes.get(call)!
  let answer = (): void => undefined
  const answered = new Promise<void>((over) => (answer = over))
  rig.routes.set(call, async (body, address) => {
    rig.routes.set(call, route)
    const found = route(body, address)
    await answered
    return found
  })
  return async () => {
    answer()
    await settle()
  }
}

async function away(): Promise<ReturnType<Rig['online']>> {
  rig.routes.set(lists, listOf([summary(1)]))
  const client = await rig.online()
  await rig.says(message(1))
  await pass(5_000)
  await rig.cut()
  return client
}

async function back(): Promise<void> {
  await pass(5_000)
  await rig.drained()
  await pass(2_000)
}

test.each(['listed', 'archived'])('A change of one setting during the read hides no other that the list has: %s', async (where) => {
  const client = await away()
  const found = summary(1, { draft: 'old', mutedUntil: mutedAlways, ...(where === 'archived' && { archived: true }) })
  rig.routes.set(lists, where === 'archived' ? listOf([], [found]) : listOf([found]))
  const answer = hold(lists)
  await back()

  await rig.says({ type: 'settings', conversationId: direct, draft: 'new' })
  Object.assign(found, { draft: 'new' })
  await answer()
  await pass(5_000)

  expect(client.findConversation(direct)).toMatchObject({ draft: 'new', mutedUntil: mutedAlways, archived: where === 'archived' ? true : undefined })
})

test('What is asked about a conversation in no list does not undo what is set meanwhile', async () => {
  const client = await away()
  rig.routes.set(lists, listOf([]))
  const there = { conversationId: direct, archived: true, clearedUpTo: 1, draft: 'old' }
  rig.routes.set(mine, () => ({ ...there }))
  const answer = hold(mine)
  await back()

  await rig.says({ type: 'settings', conversationId: direct, draft: 'new' })
  there.draft = 'new'
  await answer()
  await pass(5_000)

  expect(client.findConversation(direct)).toMatchObject({ archived: true, clearedUpTo: 1, draft: 'new' })
})

test.each([
  ['pushed', false],
  ['pushed', true],
  ['own', false],
])('What was set for a deleted conversation while the device was away is known with its next message: %s, muted %s', async (whose, muted) => {
  const client = await away()
  rig.routes.set(lists, listOf([]))
  const set = { pinned: true, clearedUpTo: 1, ...(muted && { mutedUntil: mutedAlways, archived: true }) }
  rig.routes.set(mine, () => ({ conversationId: direct, archived: true, clearedUpTo: 1 }))
  await back()
  expect(client.conversations).toEqual([])
  await rig.cut()
  await back()

  rig.routes.set(mine, () => ({ conversationId: direct, ...set }))
  rig.routes.set(lists, muted ? listOf([], [summary(2, set)]) : listOf([summary(2, set)]))
  if (whose === 'own') {
    const { clientMsgId } = await client.send(direct, 'again')
    await rig.says({ type: 'ack', clientMsgId, messageId: 'm2', conversationId: direct, seqNo: 2, timestamp: 1_002, status: 'sent' })
  } else await rig.says(message(2))
  await pass(5_000)

  expect(client.findConversation(direct)).toMatchObject({ ...set, archived: muted ? true : undefined, lastMessage: { seqNo: 2 } })
})
