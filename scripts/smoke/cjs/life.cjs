// A life of an issue in memory, in a CommonJS project.
const { live } = require("../life.cjs");

void live({
  createDesk: require("@linli/core/promise").createDesk,
  storage: require("@linli/core/ports").makeMemoryStorage(),
  calendarCn: require("@linli/calendar-cn").calendarCn,
  xinan: require("@linli/charters/xinan"),
});
