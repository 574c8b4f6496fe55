import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Message, ServerFrame } from '../src/protocol.ts'
import { rangeAt, type SeqNoRanges } from '../src/seqNoRanges.ts'
import { MemoryStore } from '../src/store/memory.ts'
import type { ChatClient } from '../src/client.ts'
import type { Timeline } from '../src/timeline.ts'
import { LogOfChanges } from './changesServer.ts'
import { direct, pass, Rig, settle } from './rig.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const users = ['alice', 'bob', 'carol', 'dave', 'erin'] as const
const emojis = ['👍', '❤️', '😂']

/** What happens, one step after the other. Places are shares of what is there then. */
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('write' as const), by: fc.constantFrom(...users), at: fc.double({ min: 0, max: 0.999, noNaN: true }), says: fc.nat(5), skip: fc.constantFrom(0, 0, 0, 1, 150) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('join' as const), at: fc.double({ min: 0, max: 0.999, noNaN: true }) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('change' as const), by: fc.constantFrom(...users), at: fc.double({ min: 0, max: 0.999, noNaN: true }), what: fc.nat(9), skip: fc.constantFrom(0, 0, 0, 1, 150) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('push' as const), count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('repeat' as const), at: fc.double({ min: 0, max: 0.999, noNaN: true }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const), drained: fc.nat(8) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('act' as const), at: fc.double({ min: 0, max: 0.999, noNaN: true }), what: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'send' as const }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('serve' as const), how: fc.constantFrom('now' as const, 'lost' as const, 'late' as const) }) },
  { weight: 2, arbitrary: fc.constant({ do: 'answer' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'open' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'older' as const }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('page' as const), isLast: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(100, 400, 6_000) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

class Play {
  readonly rig = new Rig()
  readonly log = new LogOfChanges()
  readonly store = new MemoryStore()
  client!: ChatClient
  timeline: Timeline | undefined
  private readonly isLarge: boolean
  /** Pages on their way: some were read when they were asked for, some are read when they come. */
  private readonly pages: (() => void)[] = []
  /** Answers on their way. */
  private readonly answers: ServerFrame[] = []
  private pushed = 0
  private served = 0
  private texts = 0

  constructor(isLarge: boolean, readsEarly: boolean) {
    this.isLarge = isLarge
    this.rig.routes.set(`GET /v1/conversations/${direct}/messages`, async (_, { searchParams }) => {
      const early = this.log.page(searchParams, 4)
      await new Promise<void>((come) => this.pages.push(come))
      return readsEarly ? early : this.log.page(searchParams, 4)
    })
    const one = this.rig.fetch
    vi.spyOn(this.rig, 'fetch').mockImplementation((address, request) => {
      const found = /messages\/m(\d+)\?/.exec(address)
      return found ? Promise.resolve(new Response(JSON.stringify(this.log.state(Number(found[1]))))) : one(address, request)
    })
    this.rig.routes.set('GET /v1/conversations', () => ({ conversations: this.log.head === 0 ? [] : [this.summary()], epoch: 'e1' }))
  }

  async start(): Promise<void> {
    this.client = await this.rig.online(this.store)
  }

  async do(step: Step): Promise<void> {
    const { log, rig, client } = this
    const messages = log.messages
    const pick = <T>(all: readonly T[], at: number) => all[Math.floor(at * all.length)]
    switch (step.do) {
      case 'write':
        log.write(step.by, `text ${this.texts++}`, step.skip, step.by === 'alice' ? `other-${this.texts}` : undefined, false, this.said(step.says, pick(messages, step.at)?.seqNo))
        return
      case 'join': {
        const root = pick((this.timeline?.messages ?? []).filter(({ threadId }) => threadId === undefined), step.at)
        if (root) await client.send(direct, { text: `text ${this.texts++}`, threadId: root.messageId, threadSeqNo: root.seqNo })
        await settle()
        return
      }
      case 'change': {
        const target = pick(messages, step.at)
        if (target) log.change(step.by, target.seqNo, this.content(step.what), undefined, false, step.skip)
        return
      }
      case 'push':
        return this.push(step.count)
      case 'repeat': {
        const target = pick(log.entries.filter(({ seqNo, kind, fromHere }) => seqNo <= this.pushed && kind === 'message' && !fromHere), step.at)
        if (target && rig.isOpen && !this.isLarge) await rig.says(log.frameOf(target))
        return
      }
      case 'cut':
        if (rig.isOpen) await rig.cut()
        return this.reconnect(step.drained)
      case 'act': {
        const shown = pick(this.timeline?.messages ?? [], step.at)
        if (!shown || shown.deleted) return
        const content = this.content(step.what)
        if (content.kind === 'edit') await client.edit(shown, content.text, content.mentions)
        else if (content.kind === 'delete') await client.delete(shown)
        else if (content.kind === 'pin') await client.pin(shown, !shown.pinned)
        else await client.react(shown, content.emoji)
        await settle()
        return
      }
      case 'send':
        await client.send(direct, `text ${this.texts++}`)
        await settle()
        return
      case 'serve':
        return this.serve(step.how)
      case 'answer': {
        const answer = this.answers.shift()
        if (answer && rig.isOpen) await rig.says(answer)
        return
      }
      case 'open':
        this.timeline?.close()
        this.timeline = client.openTimeline(direct)
        await settle()
        return
      case 'older':
        void this.timeline?.loadOlder()
        await settle()
        return
      case 'page': {
        const come = step.isLast ? this.pages.pop() : this.pages.shift()
        come?.()
        await settle()
        return
      }
      case 'wait':
        await pass(step.ms)
        return
    }
  }

  /** Until nothing is on its way; then what is shown and what is stored. */
  async end(): Promise<{ shown: readonly Message[]; stored: readonly Message[]; complete: SeqNoRanges; left: number }> {
    this.timeline ??= this.client.openTimeline(direct)
    const rest = async () => {
      for (let i = 0; i < 12; i++) {
        if (this.rig.isOpen) await this.serve('now')
        while (this.pages.length > 0) {
          this.pages.shift()!()
          await settle()
        }
        await pass(1_000)
      }
    }
    if (this.rig.isOpen) await this.rig.cut()
    await this.reconnect(Infinity)
    await rest()
    await this.push(Infinity)
    await rest()
    // Whatever has reached the end of the log is told by the list, and the pages follow.
    const down = this.timeline.loadDownTo(1)
    await rest()
    await down
    const { conversations, outbox } = await this.store.load()
    const stored = await this.store.messages(direct, 1, Infinity, Infinity)
    return { shown: this.timeline.messages, stored, complete: conversations[0]!.complete, left: outbox.length }
  }

  private async push(count: number): Promise<void> {
    const { log, rig } = this
    if (!rig.isOpen) return
    const next = log.entries.filter(({ seqNo }) => seqNo > this.pushed).slice(0, count)
    if (next.length === 0) return
    this.pushed = next.at(-1)!.seqNo
    if (this.isLarge) return rig.says({ type: 'advanced', conversationId: direct, maxSeqNo: this.pushed })
    await rig.says(...next.filter(({ fromHere }) => !fromHere).map((entry) => log.frameOf(entry)))
  }

  /** @param drained How many frames of the drain come before the next loss. */
  private async reconnect(drained: number): Promise<void> {
    const { rig, log, store } = this
    for (let i = 0; i < 40 && !rig.isOpen; i++) await pass(1_000)
    this.served = 0
    this.answers.length = 0
    const acked = (await store.load()).conversations[0]?.ackedSeqNo ?? 0
    const frames = this.isLarge ? [{ type: 'advanced' as const, conversationId: direct, maxSeqNo: log.head }] : log.drain(acked)
    if (drained < frames.length) {
      await rig.says({ type: 'welcome', userId: 'alice', deviceId: 'd', serverTime: 1, epoch: 'e1' }, ...frames.slice(0, drained))
      await rig.cut()
      return this.reconnect(Infinity)
    }
    this.pushed = log.head
    await rig.drained(...frames)
  }

  private async serve(how: 'now' | 'lost' | 'late'): Promise<void> {
    const { rig, log } = this
    while (rig.isOpen && this.served < rig.frames.length) {
      const answer = log.take(rig.frames[this.served++]!)
      if (answer && how === 'lost') return rig.cut()
      if (answer && how === 'late') this.answers.push(answer)
      else if (answer) await rig.says(...this.answers.splice(0), answer)
    }
  }

  private content(what: number) {
    if (what === 0) return { kind: 'edit' as const, text: `text ${this.texts++}`, mentions: this.texts % 2 === 0 ? [] : ['bob'] }
    if (what === 1) return { kind: 'edit' as const, text: `text ${this.texts++}` }
    if (what === 2) return { kind: 'delete' as const }
    if (what === 3) return { kind: 'pin' as const, on: this.texts % 2 === 0 }
    return { kind: 'react' as const, emoji: emojis[what % 3]!, on: what % 4 !== 0 }
  }

  private said(what: number, at: number | undefined) {
    if (what < 2 && at !== undefined && this.log.mayBegin(at)) return { root: at }
    return what === 2 ? { mentions: ['alice', 'bob'] } : {}
  }

  private summary() {
    const last = this.log.messages.at(-1)
    return { conversationId: direct, maxSeqNo: this.log.head, deliveredSeqNo: 0, readSeqNo: 0, unreadCount: 0, ...(last && { lastMessage: last }) }
  }
}

/** The users that a reaction names may be fewer here: who else reacted is not known when one of them takes it back. */
function expectSame(shown: readonly Message[], expected: readonly Message[]) {
  const unnamed = (messages: readonly Message[]) => messages.map((one) => (one.reactions ? { ...one, reactions: one.reactions.map(({ userIds: _, ...rest }) => rest) } : one))
  expect(unnamed(shown)).toEqual(unnamed(expected))
}

test.each([
  ['small, pages read when they are asked for', false, true],
  ['small, pages read when they come', false, false],
  ['large, pages read when they are asked for', true, true],
  ['large, pages read when they come', true, false],
])('Whatever comes in whatever way, what is shown and stored is the fold of all entries: %s', async (_, isLarge, readsEarly) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      const play = new Play(isLarge, readsEarly)
      await play.start()
      await play.do({ do: 'write', by: 'bob', at: 0, says: 9, skip: 0 })
      for (const one of steps) await play.do(one)
      const { shown, stored, complete, left } = await play.end()
      const expected = play.log.messages
      await play.client.close()

      expect(left).toBe(0)
      expectSame(shown, expected)
      // The store may know that it lacks some; what it says it has is right.
      const has = (seqNo: number) => rangeAt(complete, seqNo) !== undefined
      expectSame(stored, expected.filter(({ seqNo }) => has(seqNo)))
    }),
    { numRuns: Number(process.env['CHAT_FOLDING_RUNS'] ?? 40) },
  )
}, 120_000)
