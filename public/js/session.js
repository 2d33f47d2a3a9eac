// On pages with a session: warns two minutes before the server ends it for lack of activity (15 minutes for
// borrowers, 10 for staff), and leaves the page when it has ended, so that nothing personal stays in view.
const minutes = document.documentElement.dataset.area === 'staff' ? 10 : 15;
let warning;
let ending;

function schedule() {
  clearTimeout(warning);
  clearTimeout(ending);
  warning = setTimeout(warn, (minutes - 2) * 60000);
  // A little later than the server, which then answers with the sign-in page.
  ending = setTimeout(() => location.reload(), minutes * 60000 + 5000);
}

function part(tag, className, words) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = words;
  return element;
}

function warn() {
  const dialog = document.createElement('dialog');
  dialog.className = 'dialog';
  const stack = part('div', 'stack', '');
  const heading = part('h2', '', 'Masih di sini?');
  heading.id = 'session-warning';
  dialog.setAttribute('aria-labelledby', heading.id);
  const stay = part('button', 'button button--primary', 'Tetap masuk');
  stay.type = 'button';
  stay.addEventListener('click', async () => {
    // Any answer of ours counts as activity.
    const alive = await fetch(location.pathname, { method: 'HEAD', credentials: 'same-origin' }).then((r) => r.ok && !r.redirected, () => false);
    dialog.close();
    if (alive) schedule();
    else location.reload();
  });
  dialog.addEventListener('close', () => dialog.remove());
  stack.append(heading, part('p', '', 'Anda keluar otomatis dalam 2 menit, supaya orang lain tidak bisa memakai akun Anda.'), stay);
  dialog.append(stack);
  document.body.append(dialog);
  if (dialog.showModal) dialog.showModal();
}

schedule();
