import './GroupDetails.css'
import type { Group, Member } from '@chat/client'
import { useState } from 'preact/hooks'
import { useArrivalFocus } from '../app/arrivalFocus'
import { go } from '../app/routes'
import { useChat, useClient } from '../app/useChat'
import { useWatch } from '../app/presence'
import { useI18n } from '../i18n/I18n'
import { Avatar } from '../ui/Avatar'
import { ConfirmDialog } from '../ui/Dialog'
import { Icon } from '../ui/icons'
import { Problem } from '../ui/Problem'
import { noThirdPane, useMedia } from '../ui/useMedia'
import { useTask } from '../ui/useTask'
import { AddMembers } from './AddMembers'
import { GroupRules } from './GroupRules'
import { MemberItem } from './MemberItem'
import { mayManage } from './rights'
import { useGroup } from './useGroup'

/** Beside the conversation: the group's members and settings. */
export function GroupDetails({ id }: { id: string }) {
  const { t } = useI18n()
  const heading = useArrivalFocus<HTMLHeadingElement>()
  const { group, error, setGroup } = useGroup(id)
  const isAlone = useMedia(noThirdPane)
  return (
    <div class="details page" role={isAlone ? 'main' : 'complementary'} aria-label={t.conversation.details}>
      <div class="bar">
        <h2 ref={heading} tabIndex={-1} aria-level={isAlone ? 1 : 2}>
          {t.group.details}
        </h2>
        <button type="button" class="icon-button" aria-label={t.conversation.closeDetails} onClick={() => go({ view: 'conversation', id })}>
          <Icon name="close" />
        </button>
      </div>
      <div class="page-body">
        {group ? <Contents group={group} isAlone={isAlone} onChanged={setGroup} /> : error ? <Problem text={error.code === 'not_a_member' ? t.group.gone : t.errors[error.code]} /> : <p class="hint">{t.loading}</p>}
      </div>
    </div>
  )
}

function Contents({ group, isAlone, onChanged }: { group: Group; isAlone: boolean; onChanged: (group: Group) => void }) {
  const { t } = useI18n()
  const client = useClient()
  const me = useChat(chat => chat.session?.userId ?? '')
  const task = useTask()
  const [leaving, setLeaving] = useState(false)
  const own = group.members.find(member => member.userId === me)
  const manages = own !== undefined && mayManage(own.role)
  useWatch(group.members.map(member => member.userId).slice(0, 200))

  const change = (work: () => Promise<Group | void>) =>
    task.run(async () => onChanged((await work()) ?? (await client.getGroup(group.conversationId))))

  return (
    <div class="page-column">
      <div class="details-head">
        <Avatar name={group.title} group size="large" />
        <p class="details-title">{group.title}</p>
        <p class="hint">{t.presence.members(group.members.length)}</p>
      </div>
      {manages && <GroupRules group={group} onChange={change} />}
      <Problem text={task.problem} />
      <section class="section" aria-labelledby="members-heading">
        <h3 id="members-heading" aria-level={isAlone ? 2 : 3}>{t.group.members}</h3>
        {manages && <AddMembers groupId={group.conversationId} onAdded={onChanged} />}
        <ul class="members">
          {[...group.members].sort(byRank).map(member => (
            <MemberItem key={member.userId} groupId={group.conversationId} member={member} own={own} onChange={change} />
          ))}
        </ul>
      </section>
      <button type="button" class="button danger" disabled={task.running} onClick={() => setLeaving(true)}>
        <Icon name="leave" />
        {t.group.leave}
      </button>
      {leaving && (
        <ConfirmDialog
          title={t.group.leaveTitle(group.title)}
          text={own?.role === 'owner' && group.members.length > 1 ? `${t.group.leaveText} ${t.group.leaveOwner}` : t.group.leaveText}
          action={t.group.leave}
          onClose={() => setLeaving(false)}
          onConfirm={async () => {
            if (await task.run(() => client.leave(group.conversationId))) go({ view: 'list' }, 'replace')
          }}
        />
      )}
    </div>
  )
}

const ranks = { owner: 0, admin: 1, member: 2 }
const byRank = (a: Member, b: Member) => ranks[a.role] - ranks[b.role] || a.userId.localeCompare(b.userId)
