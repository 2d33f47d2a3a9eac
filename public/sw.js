// Service worker. Keeps hashed static files and the offline page, nothing else: never a page of a person,
// never an answer of /api, /_fn or /webhooks. Only GET is ever kept.
// scripts/build-web writes the build's id and the offline page's files into the two names below.
const CACHE = 'static-__BUILD_ID__';
const OFFLINE_FILES = __ASSETS__;

self.addEventListener('install', (event) => {
  const requests = OFFLINE_FILES.map((path) => new Request(path, { cache: 'reload', credentials: 'omit' }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(requests)).then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
    // The network is asked while this script starts, which takes half a second on slow phones.
    if (self.registration.navigationPreload) await self.registration.navigationPreload.enable();
    await self.clients.claim();
  })());
});

async function page(event) {
  try {
    return (await event.preloadResponse) || (await fetch(event.request));
  } catch {
    return (await caches.match('/offline.html')) || Response.error();
  }
}

async function staticFile(request) {
  const kept = await caches.match(request);
  if (kept) return kept;
  const fresh = await fetch(request);
  if (fresh.ok && fresh.type === 'basic') {
    const cache = await caches.open(CACHE);
    await cache.put(request, fresh.clone());
  }
  return fresh;
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate') {
    event.respondWith(page(event));
  } else if (url.pathname.startsWith('/pkg/') || OFFLINE_FILES.includes(url.pathname)) {
    event.respondWith(staticFile(request));
  }
});

// The text is general on purpose: a locked screen is read by anyone.
self.addEventListener('push', (event) => {
  let message = {};
  try {
    message = event.data ? event.data.json() : {};
  } catch {
    message = {};
  }
  const url = typeof message.url === 'string' && /^\/(?!\/)/.test(message.url) ? message.url : '/notifikasi';
  event.waitUntil(self.registration.showNotification('Sanggup', {
    body: message.body || 'Ada kabar tentang pinjaman Anda.',
    icon: '/icons/icon-192.png',
    lang: 'id',
    tag: message.tag || 'sanggup',
    data: { url },
  }));
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil((async () => {
    const { url } = event.notification.data;
    const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
    for (const client of windows) {
      if ('focus' in client) {
        await client.focus();
        return client.navigate ? client.navigate(url) : undefined;
      }
    }
    return self.clients.openWindow(url);
  })());
});
