/** What only saves later runs time, put off until nobody waits for this one any more. */
export function afterAnswer() {
  const tasks: (() => void)[] = [];
  return {
    afterwards: (task: () => void) => void tasks.push(task),
    runAll() {
      for (const task of tasks) task();
    },
  };
}
