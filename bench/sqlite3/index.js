/**
 * What emmett-sqlite uses of the `sqlite3` client, on `node:sqlite`.
 *
 * That client is compiled when it is installed, from headers of Node's site or as a file
 * from another site, and so does not install everywhere. Here its calls run at once
 * instead of on a thread, and every statement stays prepared, which the client would
 * not do: emmett is not slower for it.
 */
import { DatabaseSync } from "node:sqlite";

class Database {
  #database;
  #prepared = new Map();

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
    const told = typeof rest.at(-1) === "function" ? rest.pop() : undefined;
    let result;
    try {
      result = work(this.#statement(sql), (rest[0] ?? []).map(bound));
    } catch (error) {
      if (told === undefined) throw error;
      told.call(this, error);
      return;
    }
    // A run tells its outcome by `this`, the reading ones by a second argument.
    told?.call(result ?? this, null, result);
  }

  #statement(sql) {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }
}

const bound = (value) => (typeof value === "boolean" ? Number(value) : value);

export default { Database, OPEN_READWRITE: 2, OPEN_CREATE: 4, OPEN_URI: 64 };
