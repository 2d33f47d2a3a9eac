// Tampilan: the chosen theme shows at once, then the form saves it in a cookie for the next page.
for (const form of document.querySelectorAll('form[data-theme-form]')) {
  form.addEventListener('change', (event) => {
    const { name, value } = event.target;
    if (name !== 'theme') return;
    if (value === 'light' || value === 'dark') document.documentElement.dataset.theme = value;
    else delete document.documentElement.dataset.theme;
    form.requestSubmit();
  });
}
