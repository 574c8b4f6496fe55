import { isGroup, peerOf } from '@chat/client'
import { useChat } from '../app/useChat'
import { useGroup } from '../group/useGroup'
import type { Named } from './mentions'

const nobody: readonly Named[] = []

/** Who can be mentioned in a conversation; nobody until that is known. A group is asked for when it is wanted. */
export function useMembers(id: string, isWanted: boolean): readonly Named[] {
  const me = useChat(chat => chat.session?.userId ?? '')
  const { group } = useGroup(isWanted && isGroup(id) ? id : undefined)
  if (isGroup(id)) return group?.members ?? nobody
  const peer = peerOf(id, me)
  return isWanted && peer !== undefined ? [{ userId: me }, { userId: peer }] : nobody
}
