import type { SignedOutReason } from '@chat/client'

/** Whether what the session left in this browser is deleted; otherwise the same user is expected to sign in again. */
export const isForGood = (reason: SignedOutReason) => reason === 'signedOut' || reason === 'revoked'
