/** A button that is an icon, with its meaning for those who do not see it or do not know it. */
import { Icon, type IconName } from './icon.js';

interface IconButtonProps {
  readonly icon: IconName;
  readonly label: string;
  readonly onClick: () => void;
  readonly look?: 'plain' | 'filled' | 'danger' | 'good';
  readonly isPressed?: boolean;
  readonly isDisabled?: boolean;
}

export function IconButton({ icon, label, onClick, look = 'plain', isPressed, isDisabled = false }: IconButtonProps) {
  return (
    <button
      type="button"
      class={`icon-button is-${look}`}
      aria-label={label}
      title={label}
      aria-pressed={isPressed}
      disabled={isDisabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}
