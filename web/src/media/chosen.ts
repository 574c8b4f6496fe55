import { maxMedia, type ChatClient, type FileToSend } from '@chat/client'
import { useEffect, useState } from 'preact/hooks'
import { isForGood } from '../session/ending'
import { canShrink } from './kinds'

/** A file that the user has chosen and not sent. */
export interface Chosen {
  readonly id: number
  readonly file: File
  /** As it is sent unless the original is wanted: a large picture smaller. */
  readonly small: Promise<FileToSend>
}

interface Choice {
  readonly files: readonly Chosen[]
  /** Pictures are sent as they are. */
  readonly original: boolean
}

const none: Choice = { files: [], original: false }
/** By conversation, while the page is open. */
const choices = new Map<string, Choice>()
const listeners = new Set<() => void>()
let lastId = 0

/** @returns Whether all of them are taken: at most 10 go into one message. */
export function choose(conversationId: string, files: readonly File[]): boolean {
  const { files: before, original } = choices.get(conversationId) ?? none
  const taken = files.slice(0, Math.max(0, maxMedia - before.length))
  set(conversationId, { files: [...before, ...taken.map(file => ({ id: ++lastId, file, small: shrunk(file) }))], original })
  return taken.length === files.length
}

export function unchoose(conversationId: string, id: number) {
  const { files, original } = choices.get(conversationId) ?? none
  set(conversationId, { files: files.filter(one => one.id !== id), original })
}

export function wantOriginal(conversationId: string, original: boolean) {
  set(conversationId, { ...(choices.get(conversationId) ?? none), original })
}

/** Takes them out, to be sent. If that fails they are given back. */
export function takeChosen(conversationId: string): Choice {
  const choice = choices.get(conversationId) ?? none
  set(conversationId, none)
  return choice
}

export function giveBack(conversationId: string, { files, original }: Choice) {
  set(conversationId, { files: [...files, ...(choices.get(conversationId) ?? none).files].slice(0, maxMedia), original })
}

export const filesOf = ({ files, original }: Choice): Promise<FileToSend[]> => Promise.all(files.map(({ file, small }) => (original ? { file } : small)))

export function useChosen(conversationId: string): Choice {
  const [choice, setChoice] = useState(() => choices.get(conversationId) ?? none)
  useEffect(() => {
    const read = () => setChoice(choices.get(conversationId) ?? none)
    read()
    listeners.add(read)
    return () => void listeners.delete(read)
  }, [conversationId])
  return choice
}

/** When a session ends for good, what was chosen is not for the next user. */
export function tendChosen(client: Pick<ChatClient, 'subscribe'>) {
  client.subscribe(changes => {
    if (!changes.some(change => change.type === 'signedOut' && isForGood(change.reason))) return
    choices.clear()
    tell()
  })
}

/** What cannot be shrunk is sent as it is. */
async function shrunk(file: File): Promise<FileToSend> {
  if (!canShrink(file)) return { file }
  try {
    return await (await import('./shrink')).shrink(file)
  } catch (error) {
    console.warn(error)
    return { file }
  }
}

function set(conversationId: string, choice: Choice) {
  if (choice.files.length === 0) choices.delete(conversationId)
  else choices.set(conversationId, choice)
  tell()
}

function tell() {
  for (const listener of listeners) listener()
}
