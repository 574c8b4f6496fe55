import type { Role } from '@chat/client'

/** Title, history and members are for owner and admins. */
export const mayManage = (role: Role) => role === 'owner' || role === 'admin'

/** The owner may remove everybody else, an admin plain members. Oneself one does not remove: one leaves. */
export const mayRemove = (own: Role, other: Role) => other !== 'owner' && (own === 'owner' || (own === 'admin' && other === 'member'))

/** Roles are the owner's to give. */
export const maySetRole = (own: Role, other: Role) => own === 'owner' && other !== 'owner'
