import { lazyPart } from '../ui/lazyPart'

export const useThreadPanel = lazyPart(() => import('./ThreadPanel'))
