import type { Message, Notice } from '@chat/client'

/** The messages of one range of seqNos, rendered together, and again only when something in it changes. */
export interface Block {
  readonly key: number
  readonly messages: readonly Message[]
  /** What happened to the group meanwhile, ascending. There may be blocks of notices alone. */
  readonly notices: readonly Notice[]
  /** What stands before the first one: it decides whether a day or a run continues. */
  readonly before: Message | Notice | undefined
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

  /**
   * @param messages ascending by seqNo; one that changed is another object
   * @param notices ascending by seqNo
   */
  update(messages: readonly Message[], notices: readonly Notice[] = []): readonly Block[] {
    const next = new Map<number, Block>()
    const cuts = cut(messages)
    // What is not there any more, as it expired or was cleared, is quoted no longer.
    for (const [key, was] of this.blocks)
      if (!holds(was.messages, messages, ...(cuts.get(key) ?? nothing))) for (const { messageId, seqNo } of was.messages) if (!has(messages, seqNo)) this.byId.delete(messageId)
    for (const [key, [from, to]] of cuts) {
      const was = this.blocks.get(key)
      if (!was || !holds(was.messages, messages, from, to)) for (let at = from; at < to; at++) this.byId.set(messages[at]!.messageId, messages[at]!)
    }
    const told = cut(notices)
    let before: Message | Notice | undefined
    for (const key of [...new Set([...cuts.keys(), ...told.keys()])].sort((a, b) => a - b)) {
      const block = this.block(key, messages, cuts.get(key) ?? nothing, notices, told.get(key) ?? nothing, before)
      next.set(key, block)
      before = later(block.messages.at(-1), block.notices.at(-1))
    }
    this.blocks = next
    return [...next.values()]
  }

  find(messageId: string): Message | undefined {
    return this.byId.get(messageId)
  }

  private block(key: number, messages: readonly Message[], [from, to]: Cut, notices: readonly Notice[], [first, end]: Cut, before: Message | Notice | undefined): Block {
    const was = this.blocks.get(key)
    const same = was !== undefined && holds(was.messages, messages, from, to) && holds(was.notices, notices, first, end)
    const own = same ? was.messages : messages.slice(from, to)
    const originals = own.map(message => (message.replyTo ? this.byId.get(message.replyTo) : undefined))
    const unchanged = same && was.before === before && originals.every((original, at) => original === was.originals[at])
    return unchanged ? was : { key, messages: own, notices: same ? was.notices : notices.slice(first, end), before, originals }
  }
}

type Entry = Message | Notice
type Cut = readonly [from: number, to: number]
const nothing: Cut = [0, 0]

const keyOf = ({ seqNo }: Entry) => Math.floor(seqNo / blockSize)

/** The seqNos of a block. */
export const rangeOf = ({ key }: Block): Cut => [key * blockSize, (key + 1) * blockSize - 1]

/** Whether there is a message with this seqNo; by halves. */
function has(messages: readonly Message[], seqNo: number): boolean {
  let [low, high] = [0, messages.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (messages[middle]!.seqNo < seqNo) low = middle + 1
    else high = middle
  }
  return messages[low]?.seqNo === seqNo
}

const later = (one: Entry | undefined, other: Entry | undefined) => ((one?.seqNo ?? 0) > (other?.seqNo ?? 0) ? one : other)

/** By the blocks' keys. */
function cut(entries: readonly Entry[]): Map<number, Cut> {
  const cuts = new Map<number, Cut>()
  let from = 0
  for (let at = 1; at <= entries.length; at++) {
    if (at < entries.length && keyOf(entries[at]!) === keyOf(entries[from]!)) continue
    cuts.set(keyOf(entries[from]!), [from, at])
    from = at
  }
  return cuts
}

/** One that changed is another object. */
const holds = (held: readonly Entry[], entries: readonly Entry[], from: number, to: number): boolean =>
  held.length === to - from && held.every((entry, at) => entry === entries[from + at])
