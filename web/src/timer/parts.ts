import { lazyPart } from '../ui/lazyPart'

export const useTimerDialog = lazyPart(() => import('./TimerDialog'))
