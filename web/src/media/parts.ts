import { lazyPart } from '../ui/lazyPart'

export const useMediaView = lazyPart(() => import('./MediaView'))
export const useOutgoingMedia = lazyPart(() => import('./OutgoingMedia'))
export const useTray = lazyPart(() => import('./Tray'))
export const useViewer = lazyPart(() => import('./Viewer'))
export const useRecorder = lazyPart(() => import('./Recorder'))
export const useSharedMedia = lazyPart(() => import('./SharedMedia'))
