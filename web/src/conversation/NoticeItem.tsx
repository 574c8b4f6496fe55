import type { Notice } from '@chat/client'
import { useI18n } from '../i18n/I18n'
import { noticeText } from './noticeText'

/** A quiet line: what happened to the group, or to its timer. */
export function NoticeItem({ notice, me }: { notice: Notice; me: string }) {
  const { t } = useI18n()
  const text = noticeText(notice, me, t)
  // Of a newer server's notice nothing is known.
  return text === undefined ? null : (
    <li class="notice">
      <span dir="auto">{text}</span>
    </li>
  )
}
