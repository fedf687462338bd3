// Loaded before a service: a signal sets its clock back by an hour, the next one to what it was.
const RealDate = Date;
let offset = 0;
globalThis.Date = /** @type {DateConstructor} */ (
  class extends RealDate {
    /** @param {[]} given */
    constructor(...given) {
      if (given.length === 0) super(RealDate.now() + offset);
      else super(...given);
    }
    /** @override */
    static now() {
      return RealDate.now() + offset;
    }
  }
);
process.on('SIGUSR2', () => {
  offset = offset === 0 ? -3_600_000 : 0;
});
