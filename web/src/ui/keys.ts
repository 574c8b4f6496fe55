/** The key belongs to an input method. Safari ends a composition before the key that confirms it; its key code 229 shows it all the same. */
export const isComposing = (event: KeyboardEvent) => event.isComposing || event.keyCode === 229

/** An on-screen keyboard has no Shift+Enter, so Enter begins a new line and the button sends. */
export const touchKeyboard = '(hover: none) and (pointer: coarse)'
