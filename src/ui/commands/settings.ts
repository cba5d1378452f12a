/** Settings as users read and type them. */
import { QTChatError, quote } from '../../errors.js';
import type { SettingValues } from '../../store/settings.js';
import { describeSize, parseSize } from '../text/size.js';

interface Setting {
  readonly help: string;
  /** What may be typed, for completing it; none where it is not a word. */
  readonly words: readonly string[];
  readonly show: (values: SettingValues) => string;
  /** Throws `ERR_USAGE`. */
  readonly read: (typed: string) => Partial<SettingValues>;
}

/** Every setting by its name. */
export const settingTable: Readonly<Record<string, Setting>> = {
  'auto-accept': {
    help: 'files up to so large are taken unasked; 0 for none',
    words: [],
    show: ({ autoAcceptBytes }) => (autoAcceptBytes === 0 ? '0' : describeSize(autoAcceptBytes)),
    read: (typed) => ({ autoAcceptBytes: parseSize(typed, 'auto-accept') }),
  },
  notify: {
    help: 'notices of the desktop while you are elsewhere: on, names (who, not what), or off',
    words: ['on', 'names', 'off'],
    show: ({ notify }) => notify,
    read: (typed) => ({ notify: oneOf(['on', 'names', 'off'], typed) }),
  },
  bell: onOff('bell', 'the terminal rings while you are elsewhere: on or off'),
  ring: onOff('ring', 'calls can be heard to ring: on or off'),
  'noise-suppression': onOff('noiseSuppression', 'calls, from the next one on, carry voices without noise: on or off'),
  pictures: onOff('pictures', 'pictures are shown in the terminal: on or off'),
};

/** The settings of this chat, now and later. */
export class Settings {
  #values: SettingValues;
  readonly #save: (values: SettingValues) => Promise<void>;

  constructor(values: SettingValues, save: (values: SettingValues) => Promise<void>) {
    this.#values = values;
    this.#save = save;
  }

  /** As they are now. */
  get values(): SettingValues {
    return this.#values;
  }

  /**
   * Changes one, for this chat and later ones.
   *
   * @throws {QTChatError} `ERR_USAGE`, and what saving throws
   */
  async set(name: string, typed: string): Promise<void> {
    await this.keep(settingNamed(name).read(typed));
  }

  /** Changes what other commands set; throws what saving throws. */
  async keep(values: Partial<SettingValues>): Promise<void> {
    const next = { ...this.#values, ...values };
    await this.#save(next);
    this.#values = next;
  }

  /** All of them as they are shown, by their names. */
  get shown(): Readonly<Record<string, string>> {
    return Object.fromEntries(Object.entries(settingTable).map(([name, { show }]) => [name, show(this.#values)]));
  }

  /** "auto-accept 100.0 MB   files up to so large are taken unasked". */
  describe(name: string): string {
    const { show, help } = settingNamed(name);
    return `  ${`${name} ${show(this.#values)}`.padEnd(22)}  ${help}`;
  }
}

function settingNamed(name: string): Setting {
  const setting = Object.hasOwn(settingTable, name) ? settingTable[name] : undefined;
  if (setting !== undefined) return setting;
  const names = Object.keys(settingTable).join(', ');
  throw new QTChatError('ERR_USAGE', `there is no setting ${quote(name)}`, { hint: `There are ${names}` });
}

function onOff(name: 'bell' | 'ring' | 'noiseSuppression' | 'pictures', help: string): Setting {
  const words = ['on', 'off'] as const;
  return {
    help,
    words,
    show: (values) => (values[name] ? 'on' : 'off'),
    read: (typed) => ({ [name]: oneOf(words, typed) === 'on' }),
  };
}

function oneOf<Word extends string>(words: readonly Word[], typed: string): Word {
  const word = words.find((one) => one === typed);
  if (word !== undefined) return word;
  throw new QTChatError('ERR_USAGE', `${quote(typed)} is none of ${words.join(', ')}`);
}
