/** Picks files or a folder to send. */
import { useRef } from 'preact/hooks';
import { parcelsOfPicked } from '../uploads/collect.js';
import type { Parcel } from '../uploads/parcel.js';
import { IconButton } from './icon-button.js';

export function AttachButtons({ onParcels }: { onParcels: (parcels: readonly Parcel[]) => void }) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const take = (event: Event & { currentTarget: HTMLInputElement }): void => {
    onParcels(parcelsOfPicked(event.currentTarget.files ?? []));
    event.currentTarget.value = '';
  };
  const pickFolder = (): void => {
    if (folder.current === null) return;
    folder.current.webkitdirectory = true;
    folder.current.click();
  };
  return (
    <span class="attach">
      <input type="file" multiple hidden ref={files} aria-label="Files" onChange={take} />
      <input type="file" hidden ref={folder} aria-label="Folder" onChange={take} />
      <IconButton icon="attach" label="Send files" onClick={() => files.current?.click()} />
      <IconButton icon="folder" label="Send a folder" onClick={pickFolder} />
    </span>
  );
}
