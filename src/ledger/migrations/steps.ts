/**
 * The steps that bring a ledger's tables from one version to the next, on every database. A step is
 * a list of statements, in a file of its own, that names no type or trigger but through the dialect.
 */
import type { LedgerDialect } from '../dialect.js';
import { admins } from './admins.js';
import { authorities } from './authorities.js';
import { certificateKeys } from './certificate-keys.js';
import { codesAndRequests } from './codes-and-requests.js';
import { confirmations } from './confirmations.js';
import { directory } from './directory.js';
import { facts } from './facts.js';
import { links } from './links.js';
import { membersAndCertificates } from './members-and-certificates.js';
import { renewals } from './renewals.js';
import { revocationLists } from './revocation-lists.js';

/** Step n brings a ledger from version n to n + 1. Released steps are never changed, only added to, at the end. */
export const migrationSteps: readonly ((dialect: LedgerDialect) => readonly string[])[] = [
  membersAndCertificates,
  revocationLists,
  renewals,
  facts,
  certificateKeys,
  codesAndRequests,
  links,
  admins,
  confirmations,
  authorities,
  directory,
];
