/** Statements of the ledger that are put together once. */
import type { Compilable } from 'kysely';
import { type Prepared, prepare, type Values } from '../store/prepared.js';
import type { Ledger } from './open.js';
import type { LedgerSchema } from './schema.js';

/** {@link prepare} for the ledger. */
export const prepared: <Named extends Values<Named>, Row>(
  build: (ledger: Ledger, values: Named) => Compilable<Row>,
) => Prepared<LedgerSchema, Named, Row> = prepare;
