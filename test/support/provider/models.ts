export type ModelEntry = Readonly<Record<string, unknown>>;

/** An entry of `/codex/models` with the members that client 0.169.0 insists on; it rejects the list without them. */
export function modelEntry(slug: string, displayName: string, priority: number): ModelEntry {
  return {
    slug,
    display_name: displayName,
    supported_reasoning_levels: [{ effort: 'medium', description: 'Medium' }],
    shell_type: 'shell_command',
    visibility: 'list',
    supported_in_api: true,
    priority,
    base_instructions: '',
    support_verbosity: false,
    truncation_policy: { mode: 'tokens', limit: 10_000 },
    experimental_supported_tools: [],
  };
}

export const defaultModels: readonly ModelEntry[] = [
  modelEntry('gpt-6.1-sol', 'GPT-6.1 Sol', 1),
  modelEntry('gpt-5.5-codex', 'GPT-5.5 Codex', 2),
  modelEntry('gpt-5.5-codex-spark', 'GPT-5.5 Codex Spark', 3),
];
