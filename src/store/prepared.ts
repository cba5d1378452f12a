/**
 * Statements that are put together once and run with other values ever after. Kysely takes longer to put one together
 * than SQLite takes to run it: for what every message or enrolment does, that is worth naming the values.
 */
import type { Compilable, CompiledQuery, DialectAdapter, Kysely, QueryResult } from 'kysely';

/** The values of one run, by name. */
export type Values<Named> = { readonly [Name in keyof Named]: string | number | Buffer | null };

/** A statement that takes values. */
export type Prepared<Schema, Named extends Values<Named>, Row> = (
  database: Kysely<Schema>,
  values: Named,
) => Promise<QueryResult<Row>>;

/**
 * Prepares a statement.
 *
 * @param build - puts it together; `values` are stand-ins there, to be placed as they are and not to be looked at
 */
export function prepare<Schema, Named extends Values<Named>, Row>(
  build: (database: Kysely<Schema>, values: Named) => Compilable<Row>,
): Prepared<Schema, Named, Row> {
  // Databases differ in how a statement reads.
  const compiled = new WeakMap<DialectAdapter, CompiledQuery<Row>>();
  return async (database, values) => {
    const { adapter } = database.getExecutor();
    const statement = compiled.get(adapter) ?? build(database, standIns<Named>()).compile();
    compiled.set(adapter, statement);
    const parameters = statement.parameters.map((one) =>
      one instanceof StandIn ? values[one.name as keyof Named] : one,
    );
    return database.executeQuery<Row>({ ...statement, parameters });
  };
}

class StandIn {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

function standIns<Named extends object>(): Named {
  return new Proxy({} as Named, { get: (_none, name) => new StandIn(String(name)) });
}
