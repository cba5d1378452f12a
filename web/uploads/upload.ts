/** Hands a file or folder to the program over HTTP. XMLHttpRequest, since it alone says how far it is. */
import type { Parcel } from './parcel.js';

/** What an upload is told, and tells. */
export interface UploadOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (doneBytes: number) => void;
}

/**
 * Hands a parcel over; it is offered to the member then.
 *
 * @throws {Error} what the program said, for people
 */
export async function upload(member: string, parcel: Parcel, { signal, onProgress }: UploadOptions): Promise<void> {
  const query = `member=${encodeURIComponent(member)}&name=${encodeURIComponent(parcel.name)}`;
  if (!parcel.isFolder) {
    await request('PUT', `files?${query}`, { body: parcel.files[0]?.file, signal, onProgress });
    return;
  }
  const folder = `folders/${crypto.randomUUID()}`;
  let doneBytes = 0;
  for (const { path, file } of parcel.files) {
    const place = path.split('/').map(encodeURIComponent).join('/');
    const before = doneBytes;
    await request('PUT', `${folder}/${place}`, { body: file, signal, onProgress: (done) => onProgress(before + done) });
    doneBytes += file.size;
  }
  await request('POST', `${folder}?${query}`, { signal, onProgress: () => {} });
}

function request(
  method: string,
  url: string,
  { body, signal, onProgress }: UploadOptions & { readonly body?: File | undefined },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const exchange = new XMLHttpRequest();
    exchange.open(method, url);
    exchange.upload.onprogress = ({ loaded }) => onProgress(loaded);
    exchange.onload = () =>
      exchange.status >= 200 && exchange.status < 300 ? resolve() : reject(new Error(whyNot(exchange)));
    exchange.onerror = () => reject(new Error('It could not be handed to qtchat: is it still running?'));
    exchange.onabort = () => reject(new Error('cancelled'));
    signal.addEventListener('abort', () => exchange.abort(), { once: true });
    exchange.send(body ?? null);
  });
}

function whyNot({ status, responseText }: XMLHttpRequest): string {
  try {
    const { error } = JSON.parse(responseText) as { error?: { message?: string; hint?: string | null } };
    if (error?.message !== undefined) return error.hint ? `${error.message}. ${error.hint}` : error.message;
  } catch {
    // No answer of ours: its number says something at least.
  }
  return `qtchat refused it (${status})`;
}
