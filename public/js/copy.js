// "Salin nomor": copies the digits of data-copy and says so in the button and to screen readers.
for (const button of document.querySelectorAll('[data-copy]')) {
  const words = button.textContent;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      return; // The number stands beside the button and can be copied by hand.
    }
    const toast = document.createElement('div');
    toast.className = 'toast';
    toast.setAttribute('role', 'status');
    document.body.append(toast);
    // Added first, filled after: only then do screen readers speak it.
    setTimeout(() => { toast.textContent = button.dataset.copied || 'Nomor disalin'; }, 50);
    button.textContent = 'Disalin';
    setTimeout(() => {
      toast.remove();
      button.textContent = words;
    }, 5000);
  });
}
