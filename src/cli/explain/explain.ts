/**
 * `--explain`: what a command does, as the commands of openssl that come to the same. They work on
 * the files ca.key, root.pem, NAME.key, NAME.csr and NAME.pem of the current folder; where an intermediate CA issues,
 * also on intermediate.pem and root.key. Nothing is run.
 */
import { QTChatError } from '../../errors.js';
import {
  explainBackup,
  explainCaImport,
  explainCaShow,
  explainCrl,
  explainExportRoot,
  explainRestore,
  explainRevoke,
} from './ca.js';
import { explainConvert, explainExport, explainImport, explainInspect, explainVerify } from './files.js';
import { explainCaInit } from './init.js';
import { explainIssue, explainRenew, explainRequest, explainSign } from './issuing.js';
import type { Typed } from './typed.js';

const explanations: Readonly<Record<string, (typed: Typed) => string[] | Promise<string[]>>> = {
  'ca:init': explainCaInit,
  'ca:show': explainCaShow,
  'ca:crl': explainCrl,
  'ca:import': explainCaImport,
  'ca:export-root': explainExportRoot,
  'ca:backup': explainBackup,
  'ca:restore': explainRestore,
  'cert:issue': explainIssue,
  'cert:request': explainRequest,
  'cert:sign': explainSign,
  'cert:revoke': explainRevoke,
  'cert:renew': explainRenew,
  'cert:convert': explainConvert,
  'cert:export': explainExport,
  'cert:import': explainImport,
  'cert:inspect': explainInspect,
  'cert:verify': explainVerify,
  'cert:list': () => ['cat index.txt'],
};

/**
 * The lines for a POSIX shell that do what the command would do.
 *
 * @param commandId - as oclif has it, e.g. `cert:issue`
 * @throws {QTChatError} what the command throws of its flags, and `ERR_USAGE` for what openssl cannot be told
 */
export async function explain(commandId: string, typed: Typed): Promise<string[]> {
  const explanation = explanations[commandId];
  if (explanation === undefined) throw new QTChatError('ERR_USAGE', 'this command cannot be explained by openssl');
  return explanation(typed);
}
