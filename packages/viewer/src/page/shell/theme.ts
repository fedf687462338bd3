import { useState } from 'preact/hooks';

/** What people choose from; `system` follows the computer. */
export type Theme = 'system' | 'light' | 'dark';

const KEY = 'throughline.theme';

/** What was chosen here before. */
export function storedTheme(): Theme {
  try {
    const theme = localStorage.getItem(KEY);
    return theme === 'light' || theme === 'dark' ? theme : 'system';
  } catch {
    // Storage may be forbidden.
    return 'system';
  }
}

/** Shows the page in a theme; `theme.css` has the colours. */
export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

/** The theme and how to choose another, which is remembered. */
export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(storedTheme);
  return [
    theme,
    (next) => {
      setTheme(next);
      applyTheme(next);
      try {
        localStorage.setItem(KEY, next);
      } catch {
        // Then it lasts until the page is left.
      }
    },
  ];
}
