/**
 * What emmett-sqlite uses of the `sqlite3` client, on `node:sqlite`.
 *
 * That client is compiled when it is installed, from headers of Node's site or as a file
 * from another site, and so does not install everywhere. As there, a statement is
 * prepared for each call, and its answer comes by way of libuv's threads: here a call
 * that does nothing goes there and back. Built by hand, the client itself was slower.
 */
import { fstat } from "node:fs";
import { DatabaseSync } from "node:sqlite";

class Database {
  #database;

  constructor(path) {
    this.#database = new DatabaseSync(path);
  }

  run(sql, ...rest) {
    this.#call(sql, rest, (statement, values) => {
      const { changes, lastInsertRowid } = statement.run(...values);
      return { changes: Number(changes), lastID: Number(lastInsertRowid) };
    });
  }

  get(sql, ...rest) {
    this.#call(sql, rest, (statement, values) => statement.get(...values));
  }

  all(sql, ...rest) {
    this.#call(sql, rest, (statement, values) => statement.all(...values));
  }

  close() {
    this.#database.close();
  }

  #call(sql, rest, work) {
    const told = typeof rest.at(-1) === "function" ? rest.pop() : () => {};
    let result;
    try {
      result = work(this.#database.prepare(sql), (rest[0] ?? []).map(bound));
    } catch (error) {
      later(() => told.call(this, error));
      return;
    }
    // A run tells its outcome by `this`, the reading ones by a second argument.
    later(() => told.call(result ?? this, null, result));
  }
}

const later = (work) => fstat(0, work);

// As the client binds them: what is not there is null, the rest of what SQLite lacks a text.
const bound = (value) => {
  if (value === undefined) return null;
  if (typeof value === "boolean") return Number(value);
  return typeof value === "object" && value !== null ? String(value) : value;
};

export default { Database, OPEN_READWRITE: 2, OPEN_CREATE: 4, OPEN_URI: 64 };
