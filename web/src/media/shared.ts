import type { Message, MessageMedia } from '@chat/client'
import { linkify } from '../conversation/linkify'
import { isVisual } from './kinds'

export interface Shared<T> {
  readonly message: Message
  readonly it: T
}

/** What the messages of a conversation have to look up again, newest first. */
export function sharedIn(messages: readonly Message[]): { media: Shared<MessageMedia>[]; files: Shared<MessageMedia>[]; links: Shared<string>[] } {
  const newestFirst = messages.toReversed()
  const all = newestFirst.flatMap(message => (message.media ?? []).map(it => ({ message, it })))
  return {
    media: all.filter(({ it }) => isVisual(it)),
    files: all.filter(({ it }) => !isVisual(it)),
    links: newestFirst.flatMap(message => linkify(message.text).flatMap(({ href }) => (href ? { message, it: href } : []))),
  }
}
