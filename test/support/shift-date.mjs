/** Preload that shifts the wall clock of a process by `DATE_SHIFT_MS`, once; its monotonic clock stays. */
const shiftMs = Number(process.env.DATE_SHIFT_MS ?? 0);
const RealDate = Date;
const shifted = Symbol.for('codex-auth.shifted-date');
const now = () => RealDate.now() + shiftMs;

// No class of its own: what Node itself makes, such as the times of a file, must stay an instance of `Date`.
if (globalThis[shifted] === undefined) {
  globalThis[shifted] = true;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, values, newTarget) =>
      Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget),
    apply: () => new RealDate(now()).toString(),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  });
}
