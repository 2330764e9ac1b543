/** Who is to sign in: anybody who is not here yet, or somebody known by the id of an account. */
export type Whom = { readonly kind: 'another' } | { readonly kind: 'again'; readonly id: string };
