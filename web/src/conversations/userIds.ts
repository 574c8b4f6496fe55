const userId = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

export const isUserId = (text: string) => userId.test(text)

/** The user ids of a typed list, each once, with or without an @ in front; separated by spaces, commas, semicolons or new lines. */
export function idsIn(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).map(part => part.replace(/^@/, '')).filter(Boolean))]
}
