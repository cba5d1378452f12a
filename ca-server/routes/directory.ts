/**
 * Where members listen: `POST /directory` takes what a member says of itself, `GET /directory/NAME` tells another
 * member. Nobody is told who is in it: each name has to be asked for.
 */
import { isHostToDial, isListable, isLoopback } from '../../src/enroll/listed-hosts.js';
import { formatListing, memberPaths, parseListingRequest } from '../../src/enroll/members-wire.js';
import { addressesOf, isDirectoryOn, listAt } from '../../src/ledger/directory.js';
import type { MemberRoute } from '../authorize/access.js';
import type { AutoCa } from '../auto-ca.js';
import { notFound, sendProblem } from '../problem.js';
import { send } from '../send.js';
import { addressOf } from './enroll.js';

/** The routes; where the host has switched the directory off, they do not exist. */
export function directoryRoutes({ ledger, deps }: AutoCa): MemberRoute[] {
  return [
    {
      method: 'post',
      path: memberPaths.directory,
      access: 'member',
      bodyLimitBytes: 1024,
      handle: async (request, response, { record: { member, serialNumber } }) => {
        const { port, hosts } = parseListingRequest(request.body as Buffer);
        // Who is on this very machine may be found there; nobody else is to be sent to himself.
        const isAllowed = isLoopback(addressOf(request.socket)) ? isListable : isHostToDial;
        const said = { member, serialNumber, port, hosts: hosts.filter(isAllowed) };
        const until = await listAt(ledger, said, deps);
        if (until === undefined) sendProblem(response, notFound());
        else send(response, 'application/json', formatListing(said.hosts.map((host) => ({ host, port }))));
      },
    },
    {
      method: 'get',
      path: `${memberPaths.directory}/:member`,
      access: 'member',
      bodyLimitBytes: 0,
      handle: async (request, response) => {
        const { member } = request.params;
        // A name that nobody has is answered like that of one who is not listed.
        const listed = typeof member === 'string' ? await addressesOf(ledger, member, deps.clock()) : [];
        if (await isDirectoryOn(ledger)) send(response, 'application/json', formatListing(listed));
        else sendProblem(response, notFound());
      },
    },
  ];
}
