import type { Outgoing } from '@chat/client'
import { useClient } from '../app/useChat'
import type { Texts } from '../i18n/en'
import { useI18n } from '../i18n/I18n'
import { OutgoingSlot } from '../media/MediaSlot'
import { useShare } from '../media/useShare'
import { Icon } from '../ui/icons'
import { Problem } from '../ui/Problem'
import { useTask } from '../ui/useTask'
import { MessageText } from './MessageText'

/** An outbox entry: waiting to be sent, or refused and waiting for the user to retry or discard it. */
export function OutgoingItem({ item, startsRun }: { item: Outgoing; startsRun: boolean }) {
  const { t, times } = useI18n()
  const client = useClient()
  const task = useTask()
  const failed = item.state === 'failed'
  const share = useShare(item)
  const state = failed ? t.list.failed : t.conversation.tick.waiting
  return (
    <li class={`message own outgoing ${startsRun ? 'starts-run' : ''} ${failed ? 'failed' : ''}`} data-state={item.state} data-client={item.clientMsgId} tabIndex={-1}>
      <div class="bubble">
        <p class="unseen">{t.you}</p>
        <OutgoingSlot item={item} />
        <MessageText text={item.text} mentions={item.mentions}>
          <span class="message-meta" dir="ltr">
            <time dateTime={new Date(item.createdAt).toISOString()}>{times.clock(item.createdAt)}</time>
            <span class="tick" role="img" aria-label={state} title={state}>
              <Icon name={failed ? 'warning' : 'clock'} />
            </span>
          </span>
        </MessageText>
      </div>
      {item.state === 'uploading' && (
        <div class="message-upload">
          <p>{t.media.uploading(share)}</p>
          <button type="button" class="button quiet" onClick={() => task.run(() => client.discard(item.clientMsgId))}>
            {t.media.cancel}
          </button>
        </div>
      )}
      {failed && (
        <div class="message-failure">
          <p>
            {t.conversation.notSent} {reasonOf(item, t)}
          </p>
          <button type="button" class="button quiet" onClick={() => task.run(() => client.retry(item.clientMsgId))}>
            {t.conversation.retry}
          </button>
          <button type="button" class="button quiet" onClick={() => task.run(() => client.discard(item.clientMsgId))}>
            {t.conversation.discard}
          </button>
          <Problem text={task.problem} />
        </div>
      )}
    </li>
  )
}

/** Some codes mean another thing where there are files. */
function reasonOf({ error, files }: Outgoing, t: Texts): string {
  if (!error) return ''
  if (files && error.code === 'too_large') return t.media.fileTooLarge
  return files && error.code === 'not_found' ? t.media.fileGone : t.errors[error.code]
}
