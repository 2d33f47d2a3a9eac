// Passkeys. A button with data-passkey="sign-in" or "create", the addresses data-start and data-finish, and for
// signing in data-next, the local address to go on to.
//   POST data-start  {}                               -> { ceremony, options }  options as WebAuthn level 3 writes them
//   POST data-finish { ceremony, credential, next? }  -> { next } or { message }
// A refusal is a problem, { code, title, errors? }. A ceremony that a person cancels says nothing.
const token = document.querySelector('meta[name=csrf]');

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

async function send(address, body) {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  if (token) headers['x-csrf'] = token.content;
  const response = await fetch(address, { method: 'POST', headers, body: JSON.stringify(body), credentials: 'same-origin' });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.title || 'Sedang ramai. Coba lagi dalam 10 detik.');
  return answer;
}

function decode(options) {
  const key = options.publicKey || options;
  const list = (entries) => (entries || []).map((entry) => ({ ...entry, id: bytes(entry.id) }));
  const decoded = { ...key, challenge: bytes(key.challenge) };
  if (key.user) decoded.user = { ...key.user, id: bytes(key.user.id) };
  if (key.excludeCredentials) decoded.excludeCredentials = list(key.excludeCredentials);
  if (key.allowCredentials) decoded.allowCredentials = list(key.allowCredentials);
  return decoded;
}

function encode(credential) {
  const { response } = credential;
  const encoded = { clientDataJSON: text(response.clientDataJSON) };
  for (const part of ['attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
    if (response[part]) encoded[part] = text(response[part]);
  }
  if (response.getTransports) encoded.transports = response.getTransports();
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment || undefined,
    extensions: credential.getClientExtensionResults(),
    response: encoded,
  };
}

let pending = null;

async function ceremony(button, mediation) {
  if (pending) pending.abort();
  pending = new AbortController();
  const { signal } = pending;
  const start = await send(button.dataset.start, {});
  const request = { publicKey: decode(start.options), signal };
  if (mediation) request.mediation = mediation;
  const create = button.dataset.passkey === 'create';
  const credential = create ? await navigator.credentials.create(request) : await navigator.credentials.get(request);
  const answer = { ceremony: start.ceremony, credential: encode(credential) };
  if (button.dataset.next) answer.next = button.dataset.next;
  const done = await send(button.dataset.finish, answer);
  if (create) {
    say(button, done.message, 'text-small text-success');
    button.hidden = true;
  } else {
    location.assign(/^\/(?!\/)/.test(done.next || '') ? done.next : '/beranda');
  }
}

function say(button, words, className = 'text-small text-danger') {
  let place = button.parentElement.querySelector('[data-passkey-message]');
  if (!place) {
    place = document.createElement('p');
    place.setAttribute('role', 'status');
    place.dataset.passkeyMessage = '';
    button.after(place);
  }
  place.className = className;
  place.textContent = words;
}

// Cancelled, timed out in the dialog, or replaced by another ceremony: no message.
const quiet = (error) => ['NotAllowedError', 'AbortError'].includes(error.name);

for (const button of document.querySelectorAll('[data-passkey]')) {
  if (!window.PublicKeyCredential) {
    button.hidden = true;
    continue;
  }
  button.addEventListener('click', async () => {
    button.setAttribute('aria-disabled', 'true');
    say(button, '');
    try {
      await ceremony(button);
    } catch (error) {
      if (error.name === 'InvalidStateError') say(button, 'Kunci sandi sudah ada di perangkat ini.');
      else if (!quiet(error)) say(button, error.message);
    } finally {
      button.removeAttribute('aria-disabled');
    }
  });
  // The browser offers known passkeys in the list under the first field.
  const suggests = button.dataset.passkey === 'sign-in' && document.querySelector('input[autocomplete~=webauthn]');
  if (suggests && PublicKeyCredential.isConditionalMediationAvailable) {
    PublicKeyCredential.isConditionalMediationAvailable()
      .then((available) => (available ? ceremony(button, 'conditional') : undefined))
      .catch((error) => { if (!quiet(error) && error.name !== 'TypeError') say(button, error.message); });
  }
}
