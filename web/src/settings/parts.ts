import { lazyPart } from '../ui/lazyPart'

export const usePushSetting = lazyPart(() => import('./PushSetting'))
