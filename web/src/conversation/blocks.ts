import type { Message } from '@chat/client'

/** The messages of one range of seqNos, rendered together, and again only when something in it changes. */
export interface Block {
  readonly key: number
  readonly messages: readonly Message[]
  /** The message before the first one: it decides whether a day or a run continues. */
  readonly before: Message | undefined
  /** For each message the one it answers, if that is loaded. */
  readonly originals: readonly (Message | undefined)[]
}

/** How many seqNos a block has: few enough to render one in a frame, enough to keep the list of blocks short. */
export const blockSize = 50

/**
 * Divides a growing list of messages into blocks by seqNo. A block in which nothing changed is the same object as before, so that of ten thousand
 * messages only those around a change are compared.
 */
export class Blocks {
  private readonly byId = new Map<string, Message>()
  private blocks = new Map<number, Block>()

  /** @param messages ascending by seqNo; one that changed is another object */
  update(messages: readonly Message[]): readonly Block[] {
    const next = new Map<number, Block>()
    const cuts = cut(messages)
    for (const [from, to] of cuts) {
      const was = this.blocks.get(keyOf(messages[from]!))
      if (!was || !holds(was, messages, from, to)) for (let at = from; at < to; at++) this.byId.set(messages[at]!.messageId, messages[at]!)
    }
    for (const [from, to] of cuts) {
      const key = keyOf(messages[from]!)
      next.set(key, this.block(key, messages, from, to))
    }
    this.blocks = next
    return [...next.values()]
  }

  find(messageId: string): Message | undefined {
    return this.byId.get(messageId)
  }

  private block(key: number, messages: readonly Message[], from: number, to: number): Block {
    const was = this.blocks.get(key)
    const before = messages[from - 1]
    const same = was !== undefined && holds(was, messages, from, to)
    const own = same ? was.messages : messages.slice(from, to)
    const originals = own.map(message => (message.replyTo ? this.byId.get(message.replyTo) : undefined))
    const unchanged = same && was.before === before && originals.every((original, at) => original === was.originals[at])
    return unchanged ? was : { key, messages: own, before, originals }
  }
}

const keyOf = (message: Message) => Math.floor(message.seqNo / blockSize)

function cut(messages: readonly Message[]): [from: number, to: number][] {
  const cuts: [number, number][] = []
  let from = 0
  for (let at = 1; at <= messages.length; at++) {
    if (at < messages.length && keyOf(messages[at]!) === keyOf(messages[from]!)) continue
    cuts.push([from, at])
    from = at
  }
  return cuts
}

/** A message that changed is another object. */
const holds = (block: Block, messages: readonly Message[], from: number, to: number): boolean =>
  block.messages.length === to - from && block.messages.every((message, at) => message === messages[from + at])
