import type { Notice } from '@chat/client'
import type { Texts } from '../i18n/en'
import type { Whom } from '../i18n/groups.en'
import { spanText } from '../timer/spans'

/** How many users besides the reader a line names; of more it tells the number. */
const maxNamed = 5

/** What a notice says; undefined for what this page does not know. */
export function noticeText({ what, senderId, userId, userIds = [], value = '', seconds = 0 }: Notice, me: string, t: Texts): string | undefined {
  const by = senderId === me ? undefined : senderId
  const whom = whomOf(userId === undefined ? userIds : [userId], me)
  switch (what) {
    case 'created':
      return t.notice.created(by, value, userIds.length > 0 ? whom : undefined)
    case 'memberAdded':
      return t.notice.added(by, whom)
    case 'memberRemoved':
      return t.notice.removed(by, whom)
    case 'left':
      return t.notice.left(by)
    case 'titleChanged':
      return t.notice.renamed(by, value)
    case 'roleChanged':
      return value === 'owner' ? t.notice.madeOwner(by, whom) : value === 'admin' ? t.notice.madeAdmin(by, whom) : t.notice.madeMember(by, whom)
    case 'timerChanged':
      return seconds > 0 ? t.timer.turnedOn(by, spanText(seconds, t)) : t.timer.turnedOff(by)
    default:
      return undefined
  }
}

function whomOf(userIds: readonly string[], me: string): Whom {
  const others = userIds.filter(id => id !== me)
  return { me: others.length < userIds.length, others: others.slice(0, maxNamed), more: Math.max(0, others.length - maxNamed) }
}
