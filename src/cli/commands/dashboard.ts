import * as z from 'zod/mini';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';

/** What was done there has been shown there. */
const DashboardResult = z.object({});
type DashboardResult = z.infer<typeof DashboardResult>;

async function dashboard(context: Context): Promise<DashboardResult> {
  const { openDashboard } = await import('../dashboard/open.js');
  await openDashboard(context);
  return {};
}

export const dashboardCommand: Command<object, DashboardResult> = {
  name: 'dashboard',
  schema: DashboardResult,
  run: dashboard,
  render: () => '',
  // The terminal is given back before anything is said about it.
  endsOnSignal: true,
};
