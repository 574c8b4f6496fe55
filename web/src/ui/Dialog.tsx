import './Dialog.css'
import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { useI18n } from '../i18n/I18n'

/** A modal dialog over the page: the browser keeps focus inside, Escape closes it, and focus goes back to where it was. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  // The browser tells of a close later; another dialog may be open by then.
  const isOver = useRef(false)

  useLayoutEffect(() => {
    const before = document.activeElement
    const shown = dialog.current
    shown?.showModal()
    // From its beginning, also where what has the focus is further down.
    shown?.scrollTo(0, 0)
    return () => {
      isOver.current = true
      // While it is open, nothing outside it takes the focus.
      shown?.close()
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])

  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={titleId}
      onClose={() => isOver.current || onClose()}
      onClick={event => {
        // Only the backdrop is the dialog itself; everything else is in the box.
        if (event.target === dialog.current) onClose()
      }}
      // Escape is the dialog's own and goes no further.
      onKeyDown={event => event.stopPropagation()}
    >
      <div class="dialog-box">
        <h2 id={titleId}>{title}</h2>
        {children}
      </div>
    </dialog>
  )
}

/** Asks before something that cannot be taken back. */
export function ConfirmDialog(props: { title: string; text: string; action: string; onConfirm: () => void; onClose: () => void }) {
  const { t } = useI18n()
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <p>{props.text}</p>
      <div class="dialog-buttons">
        <button type="button" class="button plain" onClick={props.onClose}>
          {t.cancel}
        </button>
        <button
          type="button"
          class="button danger"
          onClick={() => {
            props.onClose()
            props.onConfirm()
          }}
        >
          {props.action}
        </button>
      </div>
    </Dialog>
  )
}
