import * as z from 'zod/mini';

/** A machine of the shared pool. */
export const MachineView = z.object({ id: z.string(), name: z.string() });
export type MachineView = z.infer<typeof MachineView>;
