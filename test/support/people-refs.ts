/** The stand-in's demo people, by the reference that picks one of their accounts. */
export const alice = { email: 'alice@example.com', accountId: '11111111-1111-4111-8111-111111111111' };
export const aliceAtStudio = { email: 'alice@example.com', accountId: '33333333-3333-4333-8333-333333333333' };
export const bob = { email: 'bob@example.com', accountId: aliceAtStudio.accountId };
export const carol = { email: 'carol@example.com' };
