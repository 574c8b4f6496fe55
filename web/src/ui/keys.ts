/** An input method has the key. Safari ends a composition before the key that confirms it; that its code is 229 tells all the same. */
export const isComposing = (event: KeyboardEvent) => event.isComposing || event.keyCode === 229

/** The keyboard is on the screen: it has no Shift+Enter, so Enter begins a line and the button sends. */
export const touchKeyboard = '(hover: none) and (pointer: coarse)'
