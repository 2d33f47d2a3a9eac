// Phone notifications, asked for from a button: <form data-push-key="VAPID public key"> with hidden inputs
// endpoint, p256dh and auth, which are filled and sent as a plain form.
for (const form of document.querySelectorAll('form[data-push-key]')) {
  if (!('serviceWorker' in navigator && 'PushManager' in window)) {
    form.hidden = true;
    continue;
  }
  form.addEventListener('submit', async (event) => {
    if (form.elements.endpoint.value) return;
    event.preventDefault();
    if ((await Notification.requestPermission()) !== 'granted') return;
    const registration = await navigator.serviceWorker.ready;
    const base64 = form.dataset.pushKey.replace(/-/g, '+').replace(/_/g, '/');
    const applicationServerKey = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const subscription = (await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey })).toJSON();
    form.elements.endpoint.value = subscription.endpoint;
    form.elements.p256dh.value = subscription.keys.p256dh;
    form.elements.auth.value = subscription.keys.auth;
    form.requestSubmit();
  });
}
