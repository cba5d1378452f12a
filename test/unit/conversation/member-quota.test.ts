/** What counts of what one member leaves with us, and for how long. */
import { describe, expect, it } from '@jest/globals';
import { MemberQuota, SessionQuota } from '../../../src/conversation/member-quota.js';

const file = (name: string, sizeBytes: number) => ({
  sender: 'c/bob',
  name,
  sizeBytes,
  isFolder: false,
  version: 'ab',
});

describe('the quota of a member', () => {
  let now = Date.UTC(2027, 0, 1, 23, 59);
  const quotaOf = (limits: object) =>
    new MemberQuota({ bytes: 100, files: 10, messages: 10, ...limits }, () => new Date(now));

  it('ends with any of its limits, and counts nothing that it refuses', () => {
    const quota = quotaOf({ files: 2, messages: 2 });
    expect(quota.begin(file('a', 101))).toBe(false);
    expect(quota.begin(file('b', 60))).toBe(true);
    expect(quota.begin(file('c', 41))).toBe(false);
    expect(quota.admitMessages(1, 41)).toBe(false);
    expect(quota.admitMessages(3, 1)).toBe(false);
    expect(quota.admitMessages(2, 40)).toBe(true);
    expect(quota.admitMessages(1, 0)).toBe(false);
    expect(quota.begin(file('d', 0))).toBe(true);
    expect(quota.begin(file('e', 0))).toBe(false);
  });

  it('begins anew with the next day of UTC, also after a clock was put back', () => {
    const quota = quotaOf({});
    expect(quota.admitMessages(10, 0)).toBe(true);
    expect(quota.admitMessages(1, 0)).toBe(false);
    now += 60_000;
    expect(quota.admitMessages(10, 0)).toBe(true);
    expect(quota.admitMessages(1, 0)).toBe(false);
    now -= 60_000;
    expect(quota.admitMessages(1, 0)).toBe(true);
  });

  it('counts a file once, however often it breaks off', () => {
    const quota = quotaOf({});
    for (let count = 0; count < 5; count += 1) {
      expect(quota.begin(file('film', 80))).toBe(true);
      quota.end(file('film', 80), false);
    }
    expect(quota.begin(file('other', 21))).toBe(false);
    expect(quota.begin(file('film', 80))).toBe(true);
    quota.end(file('film', 80), true);
    // It has arrived, so that the same file is another one now.
    expect(quota.begin(file('film', 80))).toBe(false);
  });

  it('counts every copy of a file that is brought at the same time', () => {
    const quota = quotaOf({});
    expect(quota.begin(file('film', 40))).toBe(true);
    expect(quota.begin(file('film', 40))).toBe(true);
    expect(quota.begin(file('film', 40))).toBe(false);
    quota.end(file('film', 40), false);
    expect(quota.begin(file('film', 40))).toBe(false);
    quota.end(file('film', 40), false);
    expect(quota.begin(file('film', 40))).toBe(true);
  });

  it('takes transfers for ended that end with their session', () => {
    const quota = quotaOf({});
    const session = new SessionQuota(quota);
    expect(session.admit('1', file('film', 80))).toBe(true);
    const another = new SessionQuota(quota);
    expect(another.admit('2', file('film', 80))).toBe(false);
    session.close();
    expect(another.admit('3', file('film', 80))).toBe(true);
    another.note({ type: 'fileDone', root: '', file: { id: '3', direction: 'in', name: 'film', sizeBytes: 80 } });
    expect(another.admit('4', file('film', 80))).toBe(false);
  });

  it('forgets which files were begun when there are very many, and counts them again', () => {
    const quota = quotaOf({ bytes: 1_026, files: 10_000 });
    for (let index = 0; index < 1_025; index += 1) {
      expect(quota.begin(file(`${index}`, 1))).toBe(true);
      quota.end(file(`${index}`, 1), false);
    }
    expect(quota.begin(file('1024', 1))).toBe(true);
    expect(quota.begin(file('0', 1))).toBe(true);
    expect(quota.begin(file('1', 1))).toBe(false);
  });
});
