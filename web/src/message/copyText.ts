/** Puts a text on the clipboard, also on a page without https, where browsers have no other way than a selection. */
export async function copyText(text: string): Promise<void> {
  if ('clipboard' in navigator && navigator.clipboard !== undefined) return navigator.clipboard.writeText(text)
  // While the menu is open, nothing outside it can be selected.
  await new Promise(done => requestAnimationFrame(done))
  const before = document.activeElement
  const field = document.createElement('textarea')
  field.value = text
  field.className = 'unseen'
  document.body.append(field)
  field.select()
  const isDone = document.execCommand('copy')
  field.remove()
  if (before instanceof HTMLElement) before.focus({ preventScroll: true })
  if (!isDone) throw new Error('The browser does not copy.')
}
