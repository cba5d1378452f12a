/**
 * Statements that are put together once and run with other values ever after. Kysely takes longer to put one together
 * than SQLite takes to run it: for what every enrolment does, that is worth naming the values.
 */
import type { Compilable, CompiledQuery, DialectAdapter, QueryResult } from 'kysely';
import type { Ledger } from './open.js';
import type { Value } from './tables.js';

/** The values of one run, by name. */
export type Values<Named> = { readonly [Name in keyof Named]: Value };

/** A statement that takes values. */
export type Prepared<Named extends Values<Named>, Row> = (ledger: Ledger, values: Named) => Promise<QueryResult<Row>>;

/**
 * Prepares a statement.
 *
 * @param build - puts it together; `values` are stand-ins there, to be placed as they are and not to be looked at
 */
export function prepared<Named extends Values<Named>, Row>(
  build: (ledger: Ledger, values: Named) => Compilable<Row>,
): Prepared<Named, Row> {
  // Databases differ in how a statement reads.
  const compiled = new WeakMap<DialectAdapter, CompiledQuery<Row>>();
  return async (ledger, values) => {
    const { adapter } = ledger.getExecutor();
    const statement = compiled.get(adapter) ?? build(ledger, standIns<Named>()).compile();
    compiled.set(adapter, statement);
    const parameters = statement.parameters.map((one) =>
      one instanceof StandIn ? values[one.name as keyof Named] : one,
    );
    return ledger.executeQuery<Row>({ ...statement, parameters });
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
