/** What we use of naudiodon, in types of our own: the library is optional, so its types may be absent. And its loading. */
import { createRequire, Module } from 'node:module';
import { loadOptional } from '../optional.js';

/**
 * Loads it without segfault-handler, which it asks for: that one is bound to one version of Node.js and writes crash.log
 * wherever qtchat runs; a crash is told by the parent.
 *
 * @throws {QTChatError} `ERR_CALL_LIBRARY`
 */
export async function loadNaudiodon(): Promise<Naudiodon> {
  const require = createRequire(import.meta.url);
  try {
    const path = createRequire(require.resolve('naudiodon')).resolve('segfault-handler');
    const stub = new Module(path);
    stub.exports = { registerHandler: () => {} };
    stub.loaded = true;
    require.cache[path] = stub;
  } catch {
    // What is missing is said by who needs it.
  }
  return loadOptional('naudiodon');
}

/** The library itself. */
export interface Naudiodon {
  getDevices(): readonly {
    readonly id: number;
    readonly name: string;
    readonly maxInputChannels: number;
    readonly maxOutputChannels: number;
  }[];
  getHostAPIs(): {
    readonly defaultHostAPI: number;
    readonly HostAPIs: readonly { readonly defaultInput: number; readonly defaultOutput: number }[];
  };
  AudioIO: {
    (options: { readonly inOptions: AudioOptions }): NodeJS.ReadableStream & AudioStream;
    (options: { readonly outOptions: AudioOptions }): NodeJS.WritableStream & AudioStream;
  };
}

/** What a stream of it has beside what streams have. */
export interface AudioStream {
  start(): void;
  quit(done: () => void): void;
}

/** How a device is opened; -1 is the system's choice. */
export interface AudioOptions {
  readonly deviceId: number;
  readonly channelCount: number;
  readonly sampleRate: number;
  readonly sampleFormat: number;
  readonly framesPerBuffer: number;
  readonly highwaterMark: number;
  readonly maxQueue: number;
  readonly closeOnError: boolean;
}
