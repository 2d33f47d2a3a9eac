// First script of every page: the default policy of Trusted Types. Leptos fills <template> by innerHTML when an
// island starts; that markup is ours and holds none of what is refused here. Only /sw.js may be a script address.
if (window.trustedTypes && window.trustedTypes.createPolicy) {
  const dangerous = /<\s*\/?\s*(script|iframe|object|embed|base|meta)\b|\son\w+\s*=|javascript:|srcdoc/i;
  window.trustedTypes.createPolicy('default', {
    createHTML: (text) => (dangerous.test(text) ? null : text),
    createScriptURL: (url) => (url === '/sw.js' || url === `${location.origin}/sw.js` ? url : null),
  });
}
