/** Preload that shifts the wall clock of a process by `DATE_SHIFT_MS`; its monotonic clock stays. */
const shiftMs = Number(process.env.DATE_SHIFT_MS ?? 0);
const RealDate = Date;

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + shiftMs);
    else super(...args);
  }

  static now() {
    return RealDate.now() + shiftMs;
  }
};
