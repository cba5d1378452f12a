/** Who a member is: certificate, circle, key, how to compare it, and what we decide about them. */
import { useEffect, useState } from 'preact/hooks';
import { forget, rename, setBlocked, trust } from '../intents/people-intents.js';
import type { Contact } from '../state/app-state.js';
import { escapeText } from '../text/escape-text.js';
import { groupedKey } from '../text/grouped-key.js';
import { dateOf, momentOf } from '../text/words.js';
import type { WireWhois } from '../wire.js';
import { Avatar } from './avatar.js';
import { IconButton } from './icon-button.js';
import { Name } from './name.js';
import { useStore } from './store-context.js';

export function WhoPanel({ contact }: { contact: Contact }) {
  const store = useStore();
  const { member, isHere, standing } = contact;
  const [whois, setWhois] = useState<WireWhois | undefined>(undefined);
  useEffect(() => {
    let isStale = false;
    store.connection.run('whois', { member }).then(
      (answer) => !isStale && setWhois(answer),
      (error) => store.fail(error),
    );
    return () => {
      isStale = true;
    };
  }, [member, isHere, standing, contact.name]);
  const name = contact.name ?? member;
  return (
    <section class="panel" aria-label={`Who is ${escapeText(name)}?`}>
      <header class="bar">
        <h2 class="bar-title">Who is this?</h2>
        <IconButton
          icon="cancel"
          label="Close"
          onClick={() => {
            store.panel.value = 'none';
          }}
        />
      </header>
      <div class="panel-body">
        <div class="who-head">
          <Avatar name={name} isHere={isHere} size="large" />
          <NameField contact={contact} />
        </div>
        {whois !== undefined && (
          <>
            <OtherKeys contact={contact} whois={whois} />
            <Compare member={member} whois={whois} />
            <Facts whois={whois} isHere={isHere} />
          </>
        )}
        <Decisions contact={contact} />
      </div>
    </section>
  );
}

function NameField({ contact: { member, name } }: { contact: Contact }) {
  const store = useStore();
  const [typed, setTyped] = useState(name ?? '');
  const isChanged = typed.trim() !== (name ?? '');
  return (
    <form
      class="name-form"
      onSubmit={(event) => {
        event.preventDefault();
        void rename(store, member, typed.trim());
      }}
    >
      <p class="who-member">
        <Name name={member} />
      </p>
      <label class="label">
        What you call them
        <span class="label-row">
          <input
            class="field"
            value={typed}
            placeholder={member}
            maxLength={64}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
          {isChanged && (
            <button type="submit" class="button is-filled">
              Keep
            </button>
          )}
        </span>
      </label>
    </form>
  );
}

function OtherKeys({ contact: { member }, whois: { otherKeys } }: { contact: Contact; whois: WireWhois }) {
  const store = useStore();
  if (otherKeys.length === 0) return null;
  return (
    <div class="warning" role="alert">
      <h3>Somebody came as {escapeText(member)} with another key</h3>
      <p>
        They may have a new computer, or somebody pretends to be them. They were not let in. Ask them on another way,
        such as by telephone, whether this is their key:
      </p>
      {otherKeys.map(({ spkiSha256, seenAt }) => (
        <div class="other-key" key={spkiSha256}>
          <code class="key">{groupedKey(spkiSha256)}</code>
          <span class="small">shown {momentOf(Date.parse(seenAt))}</span>
          <button
            type="button"
            class="button"
            onClick={() => {
              store.asked.value = {
                title: `Trust this key of ${member}?`,
                text: `Only if ${member} has told you on another way that it begins with ${groupedKey(spkiSha256).slice(0, 19)}.`,
                yes: 'They have told me: trust it',
                isDangerous: true,
                onYes: () => void trust(store, member, spkiSha256),
              };
            }}
          >
            Trust it…
          </button>
        </div>
      ))}
    </div>
  );
}

function Compare({ member, whois }: { member: string; whois: WireWhois }) {
  const self = useStore().self.value?.member ?? '';
  const keys = [
    { name: self, key: whois.ownKey },
    { name: member, key: whois.spkiSha256 },
  ].sort((one, other) => (one.name < other.name ? -1 : 1));
  return (
    <div class="compare">
      <h3>Is it really them?</h3>
      <p>Compare with {escapeText(member)}, on the telephone or face to face. Both must see the same two lines:</p>
      <dl class="keys">
        {keys.map(({ name, key }) => (
          <div key={name}>
            <dt>
              <Name name={name} />
            </dt>
            <dd>
              <code class="key">{key === null ? 'no key yet: it is known once you meet' : groupedKey(key)}</code>
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Facts({ whois, isHere }: { whois: WireWhois; isHere: boolean }) {
  const { circleId, addresses, certificate, security, postQuantum, keyOrigin } = whois;
  const facts: [string, string][] = [
    ['Circle', circleId],
    ...(certificate
      ? ([
          ['Certificate', `of ${nameIn(certificate.subject)}, issued by ${nameIn(certificate.issuer)}`],
          ['Valid', `${dateOf(Date.parse(certificate.notBefore))} to ${dateOf(Date.parse(certificate.notAfter))}`],
          ['Serial number', certificate.serialNumber],
        ] as [string, string][])
      : []),
    ...(security ? ([['Connection', `${security}${postQuantum ? ', post-quantum' : ''}`]] as [string, string][]) : []),
    ...(keyOrigin === 'server'
      ? ([['Key', 'made by the host of the circle, who has seen it']] as [string, string][])
      : []),
    [
      'Addresses',
      addresses.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(', ') ||
        'none known',
    ],
  ];
  return (
    <div>
      <h3>What is known</h3>
      {!isHere && <p class="small">More is known while they are here.</p>}
      <dl class="facts">
        {facts.map(([term, text]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>
              <bdi>{escapeText(text)}</bdi>
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/** Of a distinguished name that is nothing but a common name, that. */
function nameIn(distinguished: string): string {
  return /^CN=([^,=]*)$/.exec(distinguished)?.[1] ?? distinguished;
}

function Decisions({ contact: { member, standing } }: { contact: Contact }) {
  const store = useStore();
  const isBlocked = standing === 'blocked';
  return (
    <div class="decisions">
      <button
        type="button"
        class="button"
        onClick={() => {
          if (isBlocked) return void setBlocked(store, member, false);
          store.asked.value = {
            title: `Block ${member}?`,
            text: 'You hear nothing of each other until you lift it. What was said stays.',
            yes: 'Block',
            isDangerous: true,
            onYes: () => void setBlocked(store, member, true),
          };
        }}
      >
        {isBlocked ? 'Unblock' : 'Block…'}
      </button>
      <button
        type="button"
        class="button"
        onClick={() => {
          store.asked.value = {
            title: `Forget ${member}?`,
            text: 'Their key, their addresses and all that was said here are deleted. Whoever comes by that name next is met anew.',
            yes: 'Forget',
            isDangerous: true,
            onYes: () => void forget(store, member),
          };
        }}
      >
        Forget…
      </button>
    </div>
  );
}
