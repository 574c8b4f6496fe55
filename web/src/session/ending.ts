import type { SignedOutReason } from '@chat/client'

/** Whether what the session left in this browser is for nobody: otherwise its user is expected back. */
export const isForGood = (reason: SignedOutReason) => reason === 'signedOut' || reason === 'revoked'
