import { Account } from './account.ts'
import { type Change, type Connection, isOutgoingChange, type Outgoing, type Presence } from './changes.ts'
import { Changing } from './changing.ts'
import type { ThreadRange } from './chatApi.ts'
import { contentOf, type MessageContent, type MessageMedia } from './content.ts'
import { ChatError } from './errors.ts'
import { bytesOf, dropFiles, type FileToSend, keepFiles, tryAgain } from './media/outgoingFiles.ts'
import type { UploadOptions } from './media/uploader.ts'
import { byFetch, byXhr } from './media/uploadRequests.ts'
import { outgoing } from './outbox.ts'
import { unchanged } from './ownSettings.ts'
import type { Device, Group, History, Message, MessageText, OwnSettings, ReactionOf, Role, ThreadPage } from './protocol.ts'
import { Push } from './push.ts'
import type { Fetch } from './restClient.ts'
import { Runtime } from './runtime.ts'
import type { Conversation } from './state.ts'
import { IndexedDbStore } from './store/indexeddb.ts'
import { MemoryStore } from './store/memory.ts'
import type { ChatStore } from './store/store.ts'
import { tabsOf } from './tabs.ts'
import type { Timeline } from './timeline.ts'
import { signalRTransport } from './transport/signalr.ts'
import type { Connect } from './transport/transport.ts'
import { OwnTyping } from './typing.ts'

export interface ChatClientOptions {
  /** The server's address, such as `https://chat.example.org`. */
  url: string
  /** The transport: SignalR unless set. */
  connect?: Connect
  /** Where everything is kept: the browser's IndexedDB, or memory where there is none. */
  store?: ChatStore
  /** Names the installation, where a page has several; its database and its tabs go by it. Default `chat`. */
  name?: string
  fetch?: Fetch
}

/**
 * A user's device: signs in, sends, and keeps a state that a view can be bound to. What it promises and how: clients/README.md.
 * Methods that ask the server reject with ChatError; those of sending and reading work without a connection.
 */
export class ChatClient {
  /** Push notifications of this device. */
  readonly push: Push
  private readonly runtime: Runtime
  private readonly account: Account
  private readonly changing: Changing
  private readonly ownTyping = new OwnTyping()

  private constructor(runtime: Runtime) {
    this.runtime = runtime
    this.account = new Account(runtime)
    this.changing = new Changing(runtime)
    this.push = new Push(runtime.api)
  }

  /** Opens the store and, where it holds a session, goes online by itself. */
  static async open(options: ChatClientOptions): Promise<ChatClient> {
    const name = options.name ?? 'chat'
    const store: ChatStore = options.store ?? (typeof indexedDB === 'undefined' ? new MemoryStore() : await IndexedDbStore.open(name))
    const { url, connect = signalRTransport, fetch = (address, request) => globalThis.fetch(address, request) } = options
    const sendBytes = options.fetch === undefined && typeof XMLHttpRequest !== 'undefined' ? byXhr : byFetch(fetch)
    // A program in Node has no tabs, whatever it uses as IndexedDB: only browsers have a `self`, service workers too.
    const tabs = tabsOf(name, options.store !== undefined || typeof indexedDB === 'undefined' || typeof self === 'undefined')
    const client = new ChatClient(new Runtime({ url, connect, fetch, sendBytes }, store, tabs))
    store.onReopened?.(() => void client.account.storeReopened().catch(() => undefined))
    await client.runtime.start()
    return client
  }

  /** Who is signed in. */
  get session(): { readonly userId: string; readonly deviceId: string } | undefined {
    return this.runtime.state.session
  }

  get connection(): Connection {
    return this.runtime.state.connection
  }

  /** This tab has the connection for all tabs of the installation: do in it what is to be done once, such as a notification. */
  get isLeading(): boolean {
    return this.runtime.isLeading
  }

  /** Without the archived ones: the pinned first, then by newest activity. A new array whenever one of them changed. */
  get conversations(): readonly Conversation[] {
    return this.runtime.state.conversations
  }

  /** The archived ones, newest activity first. */
  get archived(): readonly Conversation[] {
    return this.runtime.state.archived
  }

  findConversation(id: string): Conversation | undefined {
    return this.runtime.state.conversation(id)
  }

  /** The presence of a user that `watch` asked for and that this user may see. */
  presenceOf(userId: string): Presence | undefined {
    return this.runtime.state.presence.get(userId)
  }

  /** The store cannot be written, so received messages are not acked; it is tried again every few seconds. */
  get storageFailed(): boolean {
    return this.runtime.state.storageFailed
  }

  /** Called with what has changed, once for all changes of one moment. @returns Ends the subscription. */
  subscribe(listener: (changes: readonly Change[]) => void): () => void {
    return this.runtime.journal.subscribe(listener)
  }

  /** Makes an account and signs in. @throws ChatError `conflict` where the id is taken. */
  register(userId: string, password: string, deviceName?: string): Promise<void> {
    return this.account.enter('/v1/auth/register', userId, password, deviceName)
  }

  /** @throws ChatError `unauthenticated` for a wrong password and for an unknown user alike. */
  signIn(userId: string, password: string, deviceName?: string): Promise<void> {
    return this.account.enter('/v1/auth/login', userId, password, deviceName)
  }

  /**
   * Changes the password and ends the user's other sessions; this one goes on.
   * @param newPassword 8 to 256 characters, not a common one.
   * @throws ChatError `forbidden` for a wrong current password, `bad_request` for a new one that the server does not take, `rate_limited` after
   * many wrong ones. After `network` it may have been changed: then the session ends, and the new password signs in.
   */
  changePassword(currentPassword: string, newPassword: string): Promise<void> {
    return this.runtime.tokens.changePassword(currentPassword, newPassword)
  }

  /** Ends the session and deletes everything in the store, the outbox too; the server is told if it can be reached. */
  signOut(): Promise<void> {
    return this.account.signOut()
  }

  /** Offline: connects now. */
  retryNow(): void {
    if (this.connection.status === 'offline') this.runtime.connectNow()
  }

  /** After `replaced`: this window is the device again. */
  takeOver(): void {
    if (this.connection.status === 'replaced') this.runtime.connectNow()
  }

  /**
   * Puts a message into the outbox: when this resolves it is stored, and it is sent by itself.
   * @param to A conversationId, or `@userId` for the direct conversation with that user.
   * @param content A text, or all that the message says: also whom it mentions, and the thread that it goes into. A message or an outbox entry may be given: its content is sent.
   * @param options.replyTo With a text: the messageId that it answers, of the same conversation.
   * @param options.files They are stored with it, and uploaded before it is sent; a message with files needs no text.
   * @throws ChatError `bad_request` for no text and no file, or half a surrogate pair, `too_large` beyond 16 KiB or 10 media, `rate_limited` where
   * 1,000 wait, `storage`.
   */
  async send(to: string, content: string | MessageContent, { replyTo, files = [] }: { replyTo?: string; files?: readonly FileToSend[] } = {}): Promise<Outgoing> {
    const { state, store, journal } = this.runtime
    const said = typeof content === 'string' ? { text: content, ...(replyTo !== undefined && { replyTo }) } : contentOf(content)
    const described = files.map(({ file }, at) => ({ fileId: `${at}`, contentType: file.type, size: file.size }))
    // Refused before anything is stored.
    outgoing(state, to, said, described)
    const kept = await keepFiles(store, files)
    try {
      const item = outgoing(state, to, said, kept)
      await journal.commit([{ type: 'queued', item }])
      return item
    } catch (error) {
      await dropFiles(store, kept)
      throw error
    }
  }

  /** The bytes of a file in the outbox; undefined once its message is sent. */
  outgoingFile(fileId: string): Promise<Blob | undefined> {
    return bytesOf(this.runtime.store, fileId)
  }

  /** How much of a file in the outbox the server has, bytes. */
  uploadedOf(fileId: string): number {
    return this.runtime.state.uploaded.get(fileId) ?? 0
  }

  /**
   * Uploads a file by itself; `send` takes it as the content's `media`. Interrupted, it goes on when it is called with the same file again.
   * @throws ChatError, such as `too_large`, `quota_exceeded`, `network`; the signal's reason.
   */
  upload(file: Blob, options: UploadOptions = {}): Promise<MessageMedia> {
    const owner = this.session?.userId
    if (owner === undefined) return Promise.reject(new ChatError('unauthenticated', 'Nobody is signed in.'))
    return this.runtime.uploader.upload(file, { ...options, owner })
  }

  /** The address of a file for an element, such as a video: needs no token and holds for some minutes. It is asked for again when it ends soon. */
  mediaUrl(mediaId: string): Promise<string> {
    return this.runtime.media.url(mediaId)
  }

  /** A smaller picture. @param width Pixels; the next larger of 160, 320, 640 and 1280 is taken, never larger than the picture. */
  thumbnail(mediaId: string, width: number): Promise<Blob> {
    return this.runtime.media.thumbnail(mediaId, width)
  }

  /** A whole file. Small ones are remembered. */
  download(mediaId: string, { signal }: { signal?: AbortSignal } = {}): Promise<Blob> {
    return this.runtime.media.download(mediaId, signal)
  }

  /**
   * Changes the text of an own message, shown at once and sent by itself; one that has not gone out goes out with the new text. Refused for good, it is taken
   * back, and a change `refused` tells why.
   * @param mentions Whom it mentions from then on; as before unless given.
   * @throws ChatError as `send` does; `not_found` for an outbox entry that is not there any more.
   */
  edit(message: Message | Outgoing, text: string, mentions?: readonly string[]): Promise<void> {
    return this.changing.edit(message, text, mentions)
  }

  /** Deletes a message for everyone: an own one, or any as an admin of the group. One that has not gone out is dropped. Refused: as `edit`. */
  delete(message: Message | Outgoing): Promise<void> {
    return this.changing.delete(message)
  }

  /** Sets an emoji on a message, or takes it back. @param on Unless told: the other of what is. */
  react(message: Message, emoji: string, on = !message.reactions?.some((one) => one.emoji === emoji && one.mine)): Promise<void> {
    return this.changing.change(message, { kind: 'react', emoji, on })
  }

  /** Pins a message for all members, or no longer. */
  pin(message: Message, on: boolean): Promise<void> {
    return this.changing.change(message, { kind: 'pin', on })
  }

  /**
   * Makes the conversation's later messages expire, shown at once and sent by itself; messages that are there stay as they are. Refused for good, it is taken
   * back, and a change `refused` tells why: in a group owner and admins may.
   * @param seconds After how many: 5 to 31,536,000 (365 days), or 0: they expire no longer.
   * @throws ChatError `bad_request` for any other number.
   */
  setTimer(conversationId: string, seconds: number): Promise<void> {
    return this.changing.setTimer(conversationId, seconds)
  }

  /** The time by the server's clock, as far as it is known, ms. */
  get now(): number {
    return this.runtime.state.now
  }

  /** One message in its present state. */
  getMessage(conversationId: string, messageId: string): Promise<Message> {
    return this.runtime.api.message(conversationId, messageId)
  }

  /** Who has reacted to a message, 200 at a time. @param options.cursor The `next` of the page before. */
  getReactions(conversationId: string, messageId: string, options: { emoji?: string; cursor?: string } = {}): Promise<{ reactions: ReactionOf[]; next?: string }> {
    return this.runtime.api.reactions(conversationId, messageId, options)
  }

  /** The texts that a message has had, the first one first. @throws ChatError `conflict` for a deleted one. */
  getEdits(conversationId: string, messageId: string): Promise<MessageText[]> {
    return this.runtime.api.edits(conversationId, messageId)
  }

  /** The pinned messages, the newest pin first. */
  getPins(conversationId: string): Promise<Message[]> {
    return this.runtime.api.pins(conversationId)
  }

  /** The messages that began threads, the one that was written to last first, 50 at a time. @param cursor The `next` of the page before. */
  getThreads(conversationId: string, cursor?: string): Promise<{ threads: Message[]; next?: string }> {
    return this.runtime.api.threads(conversationId, cursor)
  }

  /** The messages of a thread, ascending, without the one that began it: upwards from `after`, else downwards from `before`, else the first ones. */
  getThreadMessages(conversationId: string, rootId: string, range: ThreadRange = {}): Promise<ThreadPage> {
    return this.runtime.api.threadMessages(conversationId, rootId, range)
  }

  /** Sends a failed message again, with the same clientMsgId; files that are not uploaded, first. */
  async retry(clientMsgId: string): Promise<void> {
    const { state, journal } = this.runtime
    const item = state.outbox.get(clientMsgId)
    if (item && !isOutgoingChange(item) && item.state === 'failed') await journal.commit([{ type: 'queued', item: tryAgain(item) }])
  }

  /** Deletes a message from the outbox, and ends its uploads. One that was already sent may have reached the server. */
  discard(clientMsgId: string): Promise<void> {
    return this.changing.discard(clientMsgId)
  }

  /** Moves the user's read cursor. The server is told now, or on the next connection. */
  async markRead(conversationId: string, seqNo: number): Promise<void> {
    const { state, journal, timelines } = this.runtime
    const known = state.find(conversationId)
    if (!known || seqNo <= known.readSeqNo) return
    const left = timelines.unreadAbove(conversationId, seqNo)
    await journal.commit([{ type: 'read', conversationId, seqNo: Math.min(seqNo, known.maxSeqNo), left, unsent: true }])
  }

  /**
   * Mutes a conversation on all of the user's devices: nobody is notified of its messages, which come as always.
   * @param until Unix ms; `mutedAlways` for ever, undefined or 0 to end it.
   * @throws ChatError `conflict` for a direct conversation without a message.
   */
  async mute(conversationId: string, until: number | undefined): Promise<void> {
    await this.changeSettings(conversationId, { mutedUntil: until ?? 0 })
  }

  /**
   * Changes what the user has set for a conversation, on all of its devices; it is shown when the server has answered. With `archived` and `clearedUpTo` at
   * its `maxSeqNo` a conversation is deleted, until its next message.
   * @throws ChatError `conflict` for a direct conversation without a message, `too_large` for a draft of more than 16 KiB.
   */
  async changeSettings(conversationId: string, change: OwnSettings): Promise<void> {
    const { state, api, journal } = this.runtime
    const before = state.find(conversationId) ?? {}
    const answer = await api.changeSettings(conversationId, change)
    // What was heard meanwhile, of this change or a later one of another device, is newer.
    await journal.commit([{ type: 'settings', conversationId, ...unchanged(answer, before, state.find(conversationId) ?? {}) }])
  }

  /** The user is writing, or has stopped. May be called with every key. */
  setTyping(conversationId: string, active: boolean): void {
    if (this.ownTyping.isDue(conversationId, active)) this.runtime.sendTyping(conversationId, active)
  }

  /** All users whose presence this tab shows; the first 500 of all tabs together are watched. */
  watch(userIds: readonly string[]): void {
    this.runtime.watch(userIds)
  }

  /** Opens a conversation's messages; close it when the view goes. */
  openTimeline(conversationId: string): Timeline {
    return this.runtime.timelines.open(conversationId)
  }

  async createGroup(title: string, members: readonly string[], history?: History): Promise<Group> {
    const { api, journal } = this.runtime
    const group = await api.createGroup(title, members, history)
    const { conversationId } = group
    const summary = { conversationId, title: group.title, maxSeqNo: 0, deliveredSeqNo: 0, readSeqNo: 0, unreadCount: 0 }
    await journal.commit([{ type: 'listed', summary, activity: Date.now() }])
    return group
  }

  getGroup(conversationId: string): Promise<Group> {
    return this.runtime.api.group(conversationId)
  }

  /** By owner and admins. */
  async changeGroup(conversationId: string, change: { title?: string; history?: History }): Promise<Group> {
    const group = await this.runtime.api.changeGroup(conversationId, change)
    this.runtime.conversationList.refreshSoon()
    return group
  }

  /** By owner and admins. */
  addMembers(conversationId: string, members: readonly string[]): Promise<Group> {
    return this.runtime.api.addMembers(conversationId, members)
  }

  /** By owner and admins; an admin by the owner only. */
  removeMember(conversationId: string, userId: string): Promise<void> {
    return this.runtime.api.removeMember(conversationId, userId)
  }

  /** By the owner. */
  setRole(conversationId: string, userId: string, role: Exclude<Role, 'owner'>): Promise<Group> {
    return this.runtime.api.setRole(conversationId, userId, role)
  }

  /** Leaves a group. It is deleted here, unless there are unsent messages to it. An owner hands over to the longest-serving admin, else member. */
  async leave(conversationId: string): Promise<void> {
    await this.removeMember(conversationId, this.session?.userId ?? '')
    await this.runtime.journal.commit([{ type: 'removed', conversationId }])
  }

  getDevices(): Promise<Device[]> {
    return this.runtime.api.devices()
  }

  /** Closes that device's connection and voids its tokens at once. */
  revokeDevice(deviceId: string): Promise<void> {
    return this.runtime.api.revokeDevice(deviceId)
  }

  /** Stops everything that this object does. The store keeps what it holds. */
  close(): Promise<void> {
    return this.runtime.close()
  }
}
