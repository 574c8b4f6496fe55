import './ShortcutsDialog.css'
import { useI18n } from '../i18n/I18n'
import { Dialog } from '../ui/Dialog'
import { touchKeyboard } from '../ui/keys'
import { useMedia } from '../ui/useMedia'

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const { t } = useI18n()
  const isTouch = useMedia(touchKeyboard)
  const { keys, ...words } = t.shortcuts
  const rows: [string[], string][] = [
    [[keys.alt, '↑'], words.previousConversation],
    [[keys.alt, '↓'], words.nextConversation],
    [[keys.alt, 'N'], words.newConversation],
    [['↑', '↓'], words.list],
    [['↑', '↓'], words.messages],
    [['R'], words.reply],
    [['O'], words.original],
    [['V'], words.view],
    [['M'], words.menu],
    [['T'], words.thread],
    [['↑'], words.editLast],
    [isTouch ? [keys.ctrl, keys.enter] : [keys.enter], words.send],
    [isTouch ? [keys.enter] : [keys.shift, keys.enter], words.newLine],
    [[keys.escape], words.escape],
    [[keys.ctrl, '/'], words.show],
  ]
  return (
    <Dialog title={words.title} onClose={onClose}>
      <dl class="shortcuts" tabIndex={0}>
        {rows.map(([combination, meaning]) => (
          <div key={meaning}>
            <dt>{meaning}</dt>
            <dd>
              {combination.map(key => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
      <div class="dialog-buttons">
        <button type="button" class="button" onClick={onClose}>
          {t.close}
        </button>
      </div>
    </Dialog>
  )
}
