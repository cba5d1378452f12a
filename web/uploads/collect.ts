/** Makes parcels of what was dropped, pasted or picked. */
import { folderParcel, type Parcel, type ParcelFile, parcelOf } from './parcel.js';

/** Of a folder that was picked: the browser gives its files with their paths. */
export function parcelsOfPicked(files: Iterable<File>): Parcel[] {
  const folders = new Map<string, ParcelFile[]>();
  const parcels: Parcel[] = [];
  for (const file of files) {
    const [folder = '', ...rest] = file.webkitRelativePath.split('/');
    if (rest.length === 0) {
      parcels.push(parcelOf(file));
      continue;
    }
    const known = folders.get(folder) ?? [];
    known.push({ path: rest.join('/'), file });
    folders.set(folder, known);
  }
  return [...parcels, ...[...folders].map(([name, list]) => folderParcel(name, list))];
}

/** Of what was dropped: files, and folders with what is in them. */
export async function parcelsOfDropped(transfer: DataTransfer): Promise<Parcel[]> {
  // Before the first wait: the browser takes the list away after it.
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (entries.length === 0) return [...transfer.files].map((file) => parcelOf(file));
  return Promise.all(
    entries.map(async (entry) =>
      isFolder(entry)
        ? folderParcel(entry.name, await filesIn(entry, ''))
        : parcelOf(await fileOf(entry as FileSystemFileEntry)),
    ),
  );
}

/** Of what was pasted: pictures have no name of their own. */
export function parcelsOfPasted(transfer: DataTransfer, nowMs: number): Parcel[] {
  return [...transfer.files].map((file) => {
    const isNameless = /^image\.\w+$/.test(file.name);
    const moment = new Date(nowMs).toISOString().slice(0, 19).replaceAll(':', '-').replace('T', ' ');
    return isNameless ? parcelOf(file, `picture ${moment}.${file.name.split('.').at(-1)}`) : parcelOf(file);
  });
}

async function filesIn(folder: FileSystemDirectoryEntry, path: string): Promise<ParcelFile[]> {
  const reader = folder.createReader();
  const files: ParcelFile[] = [];
  for (;;) {
    // Gives a hundred at a time at most, and none at the end.
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return files;
    for (const entry of entries) {
      const inner = `${path}${entry.name}`;
      if (isFolder(entry)) files.push(...(await filesIn(entry, `${inner}/`)));
      else files.push({ path: inner, file: await fileOf(entry as FileSystemFileEntry) });
    }
  }
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
