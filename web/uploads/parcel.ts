/** What is sent as one: a file, or a folder with all that is in it. */

/** One file of a folder. */
export interface ParcelFile {
  /** Within the folder, with slashes. */
  readonly path: string;
  readonly file: File;
}

/** What is sent as one. */
export interface Parcel {
  readonly name: string;
  readonly sizeBytes: number;
  readonly isFolder: boolean;
  readonly files: readonly ParcelFile[];
}

/** A file alone. */
export function parcelOf(file: File, name = file.name): Parcel {
  return { name, sizeBytes: file.size, isFolder: false, files: [{ path: name, file }] };
}

/** A folder. */
export function folderParcel(name: string, files: readonly ParcelFile[]): Parcel {
  return { name, sizeBytes: files.reduce((sum, { file }) => sum + file.size, 0), isFolder: true, files };
}
