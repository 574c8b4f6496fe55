// The TypeScript library under the scenario's direction: commands as lines of JSON on standard input, an answer for each on standard output.
// {"id":1,"do":"send","device":"bob","to":"@alice","texts":["…"]}  →  {"id":1,"result":…} or {"id":1,"failed":"…"}
// Devices keep their things in IndexedDB (fake-indexeddb), one database each, and lose nothing of it when they are opened anew.

import 'fake-indexeddb/auto'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import WebSocket from 'ws'
import { ChatClient, type Connect, directWith, isMuted, type Message, mutedAlways, signalRTransport, type Timeline, webSocketTransport } from '../src/index.ts'
import { withFallbacks } from '../src/transport/fallback.ts'
import { hubOver } from '../src/transport/signalr.ts'

// As a browser has it.
globalThis.EventSource = createRequire(import.meta.url)('eventsource') as typeof EventSource

/** As applications connect, and each fallback by itself. */
const transports = {
  signalr: signalRTransport,
  websocket: webSocketTransport(WebSocket as unknown as typeof globalThis.WebSocket),
  serverSentEvents: withFallbacks(hubOver('ServerSentEvents')),
  longPolling: withFallbacks(hubOver('LongPolling')),
} satisfies Record<string, Connect>

interface Command {
  id: number
  do: string
  device: string
  url: string
  transport: keyof typeof transports
  userId: string
  password: string
  register: boolean
  to: string
  texts: string[]
  title: string
  members: string[]
  conversation: string
  kind: 'edit' | 'delete' | 'react' | 'pin'
  from: string
  nth: number
  text: string
  emoji: string
  on: boolean
}

class Device {
  private client: ChatClient | undefined
  /** Pages that wait for their turn while history is read in the wrong order. */
  private held: (() => void)[] | undefined
  private readonly name: string
  private readonly command: Command

  constructor(command: Command) {
    this.name = command.device
    this.command = command
  }

  async open(): Promise<void> {
    const { url, transport } = this.command
    this.client = await ChatClient.open({ url, connect: transports[transport], name: this.name, fetch: (address, request) => this.fetch(address, request) })
  }

  get it(): ChatClient {
    return this.client!
  }

  async reload(): Promise<void> {
    await this.it.close()
    await this.open()
  }

  /** Two views of one conversation that ask for pages at once, and get the last one asked for first. */
  async history(conversationId: string): Promise<void> {
    this.held = []
    const [one, other] = [this.it.openTimeline(conversationId), this.it.openTimeline(conversationId)]
    let done = false
    const reading = Promise.all([shown(one), shown(other)])
      .then(() => Promise.all([one.loadDownTo(1), other.loadOlder().then(() => other.loadDownTo(1))]))
      .finally(() => (done = true))
    while (!done) {
      await new Promise((turn) => setTimeout(turn, 20))
      this.held.pop()?.()
    }
    await reading
    one.close()
    other.close()
    this.held = undefined
  }

  /** @returns What the message said before. */
  async change({ kind, from, nth, text, emoji, on }: Command, conversationId: string): Promise<string> {
    const timeline = this.it.openTimeline(conversationId)
    try {
      await shown(timeline)
      await timeline.loadDownTo(1)
      const waiting = from === this.it.session!.userId ? timeline.outgoing : []
      const found = [...timeline.messages.filter((one) => one.senderId === from && !one.deleted), ...waiting].at(-nth)!
      if (kind === 'edit') await this.it.edit(found, text)
      else if (kind === 'delete') await this.it.delete(found)
      else if (kind === 'react') await this.it.react(found as Message, emoji, on)
      else await this.it.pin(found as Message, on)
      return found.text
    } finally {
      timeline.close()
    }
  }

  async state(): Promise<unknown> {
    const conversations = []
    for (const conversation of this.it.conversations) {
      const { id, unreadCount, readSeqNo, outgoing } = conversation
      const timeline = this.it.openTimeline(id)
      await shown(timeline)
      await timeline.loadDownTo(1)
      if (timeline.error) throw timeline.error
      const messages = timeline.messages.map(({ seqNo, messageId, senderId, text, changedSeqNo = 0, editedAt, deleted, pinned = false, reactions = [] }) => ({
        ...{ seqNo, messageId, senderId, text, changedSeqNo, editedAt, pinned },
        deletedBy: deleted?.by,
        reactions: reactions.map(({ emoji, count, mine }) => `${emoji}${count}${mine ? '+' : ''}`).join(' '),
      }))
      timeline.close()
      conversations.push({ id, unreadCount, readSeqNo, waiting: outgoing.length, messages, muted: isMuted(conversation) })
    }
    return { ...this.it.connection, conversations }
  }

  private async fetch(address: string, request: RequestInit): Promise<Response> {
    const response = await fetch(address, request)
    if (this.held && address.includes('/messages?')) await new Promise<void>((turn) => this.held!.push(turn))
    return response
  }
}

/** Until the first of it is there. */
const shown = (timeline: Timeline) =>
  new Promise<void>((there) => {
    const look = () => {
      if (timeline.loading) return
      stop()
      there()
    }
    const stop = timeline.subscribe(look)
    queueMicrotask(look)
  })

const devices = new Map<string, Device>()

async function perform(command: Command): Promise<unknown> {
  if (command.do === 'open') {
    const device = new Device(command)
    devices.set(command.device, device)
    await device.open()
    return command.register
      ? device.it.register(command.userId, command.password)
      : device.it.signIn(command.userId, command.password)
  }
  const device = devices.get(command.device)!
  const me = device.it.session!.userId
  const conversation = command.conversation?.startsWith('@') ? directWith(me, command.conversation.slice(1)) : command.conversation
  switch (command.do) {
    case 'send':
      for (const text of command.texts) await device.it.send(command.to, text)
      return
    case 'group':
      return (await device.it.createGroup(command.title, command.members)).conversationId
    case 'read':
      return device.it.markRead(conversation, device.it.findConversation(conversation)!.maxSeqNo)
    case 'mute':
      return device.it.mute(conversation, command.to === 'always' ? mutedAlways : undefined)
    case 'change':
      return device.change(command, conversation)
    case 'reload':
      return device.reload()
    case 'history':
      return device.history(conversation)
    case 'state':
      return device.state()
  }
  throw new Error(`No such command: ${command.do}`)
}

createInterface({ input: process.stdin })
  .on('line', async (line) => {
    const command = JSON.parse(line) as Command
    const answer = await perform(command).then(
      (result) => ({ id: command.id, result: result ?? null }),
      (error: unknown) => ({ id: command.id, failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    )
    process.stdout.write(`${JSON.stringify(answer)}\n`)
  })
  .on('close', () => process.exit())
