// On every page. Makes plain pages a little nicer; each part does nothing when its markup is absent, and every
// page works without it. No inline handlers, no stored data.
const root = document.documentElement;
const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
// For browsers that do not know @media (scripting).
root.classList.add('scripted');

// ---- service worker and install ----
if ('serviceWorker' in navigator && root.dataset.area === 'borrower') {
  window.addEventListener('load', () => navigator.serviceWorker.register('/sw.js').catch(() => {}));
}
window.addEventListener('beforeinstallprompt', (event) => {
  event.preventDefault();
  for (const offer of all('[data-install]')) {
    offer.hidden = false;
    const button = offer.querySelector('button') || offer;
    button.addEventListener('click', async () => {
      offer.hidden = true;
      await event.prompt();
    }, { once: true });
  }
});
const installed = window.matchMedia('(display-mode: standalone)').matches || navigator.standalone;
const apple = /iphone|ipad|ipod/i.test(navigator.userAgent) || (navigator.platform === 'MacIntel' && navigator.maxTouchPoints > 1);
if (apple && !installed) for (const hint of all('[data-install-apple]')) hint.hidden = false;

// ---- fields ----
for (const button of all('[data-show-password]')) {
  const input = document.getElementById(button.getAttribute('aria-controls'));
  button.addEventListener('click', () => {
    const show = input.type === 'password';
    input.type = show ? 'text' : 'password';
    button.setAttribute('aria-pressed', String(show));
    button.textContent = show ? 'Sembunyikan' : 'Tampilkan';
    input.focus();
  });
  // A shown password is not sent as text that the browser remembers.
  if (input && input.form) input.form.addEventListener('submit', () => { input.type = 'password'; });
}

const grouped = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, '.');
for (const input of all('input[data-enhance=money]')) {
  input.addEventListener('blur', () => {
    const digits = input.value.replace(/[^\d]/g, '').replace(/^0+(?=\d)/, '');
    if (/^[\d\s.]+$/.test(input.value) && digits) input.value = grouped(digits);
  });
}
for (const input of all('input[data-enhance=nik]')) {
  input.addEventListener('blur', () => {
    const digits = input.value.replace(/[\s.-]/g, '');
    if (/^\d{16}$/.test(digits)) input.value = digits.replace(/(\d{4})(?=\d)/g, '$1 ');
  });
}

// ---- forms ----
// One submit, with a word that says it is under way. The server drops doubles by their key as well.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === 'get') return;
  if (form.dataset.sending) {
    event.preventDefault();
    return;
  }
  form.dataset.sending = 'true';
  const button = event.submitter;
  if (button && button.classList.contains('button')) {
    // After the browser has read the form, so that the button's own value is sent.
    setTimeout(() => {
      button.setAttribute('aria-disabled', 'true');
      button.dataset.words = button.textContent;
      button.textContent = 'Mengirim…';
    });
  }
  if ('photo' in form.dataset) {
    event.preventDefault();
    sendPhoto(form);
  }
});
// The forms may be sent again.
function ready() {
  for (const form of all('form[data-sending]')) delete form.dataset.sending;
  for (const button of all('[data-words]')) {
    button.removeAttribute('aria-disabled');
    button.textContent = button.dataset.words;
    delete button.dataset.words;
  }
  for (const state of all('[data-photo-state]')) state.hidden = true;
}
// Back from the next page: the page may come out of memory as it was left.
window.addEventListener('pageshow', (event) => { if (event.persisted) ready(); });

// A photo is sent by script, so that a lost connection leaves the page, the chosen photo, and a button that sends it
// again. Only where to go on is read; the browser opens that page, as it would after a plain form.
async function sendPhoto(form) {
  const [state, lost] = ['state', 'lost'].map((part) => form.querySelector(`[data-photo-${part}]`));
  const body = new FormData(form);
  // Two inputs share the name. The camera's comes first; choosing from the gallery empties it (below).
  const photo = body.getAll('file').find((file) => file.size > 0);
  if (photo) body.set('file', photo);
  state.hidden = false;
  lost.hidden = true;
  try {
    const answer = await fetch(form.action, { method: 'POST', headers: { accept: 'application/json' }, body, credentials: 'same-origin' });
    if (!answer.ok) throw new Error(String(answer.status));
    const to = new URL((await answer.json()).next, location.origin);
    const here = to.pathname + to.search === location.pathname + location.search;
    location.assign(to);
    // Without this the browser would only jump to the part of the page.
    if (here && to.hash) location.reload();
  } catch {
    // No connection, or no time for it. After the button has got its busy words, so that it loses them again.
    lost.hidden = false;
    setTimeout(ready);
  }
}
for (const form of all('form[data-save-at-once]')) {
  form.addEventListener('change', () => form.requestSubmit());
}

// "Kirim ulang dalam 48 detik" instead of the button, until it is allowed.
for (const form of all('form[data-resend]')) {
  let left = Number(form.dataset.resend);
  if (!(left > 0)) continue;
  const words = document.createElement('p');
  words.className = 'text-subtle numeric';
  const write = () => { words.textContent = `Kirim ulang dalam ${left} detik`; };
  write();
  form.hidden = true;
  form.before(words);
  const timer = setInterval(() => {
    left -= 1;
    if (left > 0) return write();
    clearInterval(timer);
    words.remove();
    form.hidden = false;
  }, 1000);
}

// ---- dialogs, focus, files ----
document.addEventListener('click', (event) => {
  const opener = event.target.closest('[data-opens]');
  const dialog = opener && document.getElementById(opener.dataset.opens);
  if (dialog && dialog.showModal) {
    event.preventDefault();
    dialog.showModal();
  }
  const closer = event.target.closest('[data-closes]');
  if (closer) {
    event.preventDefault();
    closer.closest('dialog').close();
  }
});
const summary = document.querySelector('.error-summary');
if (summary) summary.focus();
// A chosen photo is sent at once; without a script the button below does it.
for (const input of all('input[type=file][data-send-at-once]')) {
  input.addEventListener('change', () => {
    if (!input.files.length) return;
    for (const other of all('input[type=file]', input.form)) if (other !== input) other.value = '';
    input.form.requestSubmit();
  });
}

// ---- "Simpan gambar kode": the drawn code becomes a picture in the phone's gallery ----
document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-save-picture]');
  const drawing = button && document.getElementById(button.dataset.savePicture);
  if (!drawing) return;
  event.preventDefault();
  const size = 1024;
  const copy = drawing.cloneNode(true);
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', size);
  copy.setAttribute('height', size);
  const source = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(copy)], { type: 'image/svg+xml' }));
  const picture = new Image();
  picture.onload = () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: size, height: size });
    const paint = canvas.getContext('2d');
    paint.fillStyle = '#FFF';
    paint.fillRect(0, 0, size, size);
    // The margin that scanners need.
    paint.drawImage(picture, 96, 96, size - 192, size - 192);
    URL.revokeObjectURL(source);
    canvas.toBlob((blob) => {
      const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(blob), download: button.dataset.fileName || 'kode-bayar-sanggup.png' });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    }, 'image/png');
  };
  picture.src = source;
});
