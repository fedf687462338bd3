import { render } from 'preact';
import './shell/theme.css';
import './shell/elements.css';
import './shell/shell.css';
import './shell/controls.css';
import './shell/blocks.css';
import './shell/media.css';
import { Shell } from './shell/shell.tsx';
import { applyTheme, storedTheme } from './shell/theme.ts';

applyTheme(storedTheme());
const place = document.getElementById('page');
if (place !== null) render(<Shell />, place);
