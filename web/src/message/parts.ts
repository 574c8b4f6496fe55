import { lazyPart } from '../ui/lazyPart'

export const useMenu = lazyPart(() => import('./MessageMenu'))
export const useEmojiPicker = lazyPart(() => import('./EmojiPicker'))
export const useDialogs = lazyPart(() => import('./MessageDialogs'))
