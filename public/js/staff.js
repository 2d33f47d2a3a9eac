// Keys of the staff pages: / searches, J and K move through the queue, S F T decide after a question.
// An application is declined, an identity is rejected: both are "Tolak".
const decisions = { s: ['approve'], f: ['retake'], t: ['decline', 'reject'] };

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, select, textarea, [contenteditable], dialog')) return;
  const key = event.key.toLowerCase();
  if (key === '/') {
    const search = document.querySelector('[data-search]');
    if (search) {
      event.preventDefault();
      search.focus();
    }
  } else if (key === 'j' || key === 'k') {
    const rows = Array.from(document.querySelectorAll('.queue__row'));
    const focused = rows.indexOf(document.activeElement);
    const here = focused >= 0 ? focused : rows.findIndex((row) => row.hasAttribute('aria-current'));
    const next = rows[here + (key === 'j' ? 1 : -1)];
    if (next) next.focus();
  } else if (decisions[key]) {
    const button = document.querySelector(decisions[key].map((value) => `.decision button[value^=${value}]`).join(', '));
    if (button && window.confirm(`${button.textContent.trim()}. Simpan keputusan?`)) button.form.requestSubmit(button);
  }
});
