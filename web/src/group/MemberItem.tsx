import { directWith, type Group, type Member } from '@chat/client'
import { useId, useState } from 'preact/hooks'
import { go } from '../app/routes'
import { useChat, useClient } from '../app/useChat'
import { useI18n } from '../i18n/I18n'
import { Avatar } from '../ui/Avatar'
import { ConfirmDialog } from '../ui/Dialog'
import { Icon } from '../ui/icons'
import { mayRemove, maySetRole } from './rights'

interface Props {
  groupId: string
  member: Member
  own: Member | undefined
  onChange(work: () => Promise<Group | void>): Promise<boolean>
}

/** A member; the actions open below. */
export function MemberItem({ groupId, member, own, onChange }: Props) {
  const { t } = useI18n()
  const client = useClient()
  const online = useChat(chat => chat.presenceOf(member.userId)?.online ?? false)
  const [open, setOpen] = useState(false)
  const [removing, setRemoving] = useState(false)
  const actionsId = useId()
  const { userId, role } = member
  const isSelf = userId === own?.userId

  return (
    <li class="member">
      <div class="member-row">
        <Avatar name={userId} size="small" online={online && !isSelf} />
        <span class="member-name">
          {isSelf ? `${userId} (${t.you})` : userId}
          {online && !isSelf && <span class="unseen">, {t.list.online}</span>}
        </span>
        {role !== 'member' && <span class="member-role">{t.group.role[role]}</span>}
        {!isSelf && (
          <button type="button" class="icon-button" aria-label={t.group.actions(userId)} aria-expanded={open} aria-controls={actionsId} onClick={() => setOpen(!open)}>
            <Icon name="more" />
          </button>
        )}
      </div>
      {open && (
        <div class="member-actions" id={actionsId}>
          <button type="button" class="button quiet" onClick={() => go({ view: 'conversation', id: directWith(own?.userId ?? '', userId) })}>
            {t.group.write}
          </button>
          {own && maySetRole(own.role, role) && (
            <button type="button" class="button quiet" onClick={() => onChange(() => client.setRole(groupId, userId, role === 'admin' ? 'member' : 'admin'))}>
              {role === 'admin' ? t.group.makeMember : t.group.makeAdmin}
            </button>
          )}
          {own && mayRemove(own.role, role) && (
            <button type="button" class="button quiet" onClick={() => setRemoving(true)}>
              {t.group.remove}
            </button>
          )}
        </div>
      )}
      {removing && (
        <ConfirmDialog
          title={t.group.removeTitle(userId)}
          text={t.group.removeText}
          action={t.group.remove}
          onClose={() => setRemoving(false)}
          onConfirm={() => void onChange(() => client.removeMember(groupId, userId))}
        />
      )}
    </li>
  )
}
