import type { Role } from '@chat/client'

/** Title, history and members are for owner and admins. */
export const mayManage = (role: Role) => role === 'owner' || role === 'admin'

/** The owner may remove everybody else, an admin plain members. Nobody removes themselves: they leave. */
export const mayRemove = (own: Role, other: Role) => other !== 'owner' && (own === 'owner' || (own === 'admin' && other === 'member'))

/** Only the owner gives roles. */
export const maySetRole = (own: Role, other: Role) => own === 'owner' && other !== 'owner'
