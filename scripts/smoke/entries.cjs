/** The code entries of every installed @linli package, as a stranger's project finds them. */
const fs = require("node:fs");
const path = require("node:path");

const scope = path.join(process.cwd(), "node_modules", "@linli");

exports.entriesOf = (...shorts) =>
  fs
    .readdirSync(scope)
    .filter((short) => shorts.length === 0 || shorts.includes(short))
    .flatMap((short) => {
      const manifest = JSON.parse(fs.readFileSync(path.join(scope, short, "package.json"), "utf8"));
      return Object.entries(manifest.exports)
        .filter(([, target]) => typeof target === "object")
        .map(([entry]) => path.posix.join(manifest.name, entry));
    });
