// Limits lapse before one's eyes: a badge turns at its time (data-yellow-at, data-red-at), by the
// server's clock (<html data-now>), without a reload. What was counted in working time stays as it
// was said until then; the exact words come with the next page.
const ahead = Number(document.documentElement.dataset.now || 0) * 1000 - Date.now();

function turn() {
  const now = (Date.now() + ahead) / 1000;
  document.querySelectorAll('[data-red-at], [data-yellow-at]').forEach((badge) => {
    if (Number(badge.dataset.redAt || Infinity) <= now) {
      badge.classList.remove('is-green', 'is-amber');
      badge.classList.add('is-red');
      badge.textContent = `${badge.dataset.label ?? ''} 刚刚超期`.trim();
      badge.removeAttribute('data-red-at');
      badge.removeAttribute('data-yellow-at');
    } else if (Number(badge.dataset.yellowAt || Infinity) <= now) {
      badge.classList.remove('is-green');
      badge.classList.add('is-amber');
      badge.removeAttribute('data-yellow-at');
    }
  });
}

export function startLimits() {
  setInterval(turn, 5000);
  document.addEventListener('visibilitychange', turn);
}
