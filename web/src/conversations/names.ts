import { isGroup, isNoteToSelf, peerOf, type ChatClient, type Conversation } from '@chat/client'
import type { Texts } from '../i18n/en'

/** A conversation's name: the other user's id, or the group's title. */
export function nameOf(client: ChatClient, id: string, t: Texts): string {
  if (isNoteToSelf(id)) return t.list.noteToSelf
  if (isGroup(id)) return client.findConversation(id)?.title ?? t.list.group
  return peerOf(id, client.session?.userId ?? '') ?? id
}

/** The same of a conversation that is there. */
export const nameIn = ({ id, peer, title }: Conversation, t: Texts): string => (isNoteToSelf(id) ? t.list.noteToSelf : (peer ?? title ?? t.list.group))
