// Everything an ordinary page runs. Heavy parts load only where a page asks for them.
import htmx from 'htmx.org';
import { startChoices } from './choices.js';
import { startCombobox } from './combobox.js';
import { startDialogs } from './dialog.js';
import { startDrafts } from './draft.js';
import { startForms, startSetters } from './forms.js';
import { startKeys } from './keys.js';
import { startLimits } from './limits.js';
import { startPolling } from './poll.js';
import { csrfToken, startSession } from './session.js';
import { startSeat } from './seat.js';
import { showTheme, startShell } from './shell.js';
import { startTables } from './table.js';
import { startToasts } from './toast.js';
import { startUploads } from './upload.js';

Object.assign(htmx.config, {
  allowEval: false,
  includeIndicatorStyles: false,
  historyCacheSize: 0, // pages hold personal data: none of them in the browser's storage
  refreshOnHistoryMiss: true,
  selfRequestsOnly: true,
  timeout: 30000,
  responseHandling: [
    { code: '204', swap: false },
    { code: '[23]..', swap: true },
    { code: '422', swap: true }, // a form with its errors
    { code: '...', swap: false, error: true },
  ],
});

document.addEventListener('htmx:configRequest', (event) => {
  event.detail.headers['X-CSRFToken'] = csrfToken();
});

// Each part gets the new piece of the page, at first the whole; what acts by events starts once.
const everyPiece = [startCombobox, startForms, startChoices, startDrafts, startUploads, startTables, startPolling, showTheme, lazyParts];

function lazyParts(root) {
  if (root.querySelector('[x-data]') && !window.Alpine) {
    import('@alpinejs/csp').then(({ default: Alpine }) => {
      window.Alpine = Alpine;
      Alpine.start();
    });
  }
  if (root.querySelector('[data-chart]')) import('./charts.js').then((charts) => charts.draw(root));
}

function begin() {
  startSession();
  startShell();
  startToasts();
  startDialogs();
  startKeys();
  startLimits();
  startSetters();
  startSeat();
  everyPiece.forEach((start) => start(document));
  htmx.onLoad((piece) => {
    if (piece !== document.body) everyPiece.forEach((start) => start(piece));
  });
}

if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin);
else begin();
