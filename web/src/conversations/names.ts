import { isGroup, peerOf, type ChatClient } from '@chat/client'
import type { Texts } from '../i18n/en'

/** A conversation's name: the other user's id, or the group's title. */
export function nameOf(client: ChatClient, id: string, t: Texts): string {
  if (isGroup(id)) return client.findConversation(id)?.title ?? t.list.group
  return peerOf(id, client.session?.userId ?? '') ?? id
}
