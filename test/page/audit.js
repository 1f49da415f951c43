// Run in the page: lists what has no name, no alternative text, or less contrast than WCAG AA asks.
(() => {
  const problems = [];
  const visible = (el) => el.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const nameOf = (el) =>
    el.getAttribute('aria-label') || el.labels?.[0]?.textContent || el.textContent.trim();
  for (const el of document.querySelectorAll('button, a, input, select, summary'))
    if (!nameOf(el)) problems.push(`no name: ${el.outerHTML.slice(0, 120)}`);
  for (const el of document.querySelectorAll('img'))
    if (!el.alt) problems.push(`no alt: ${el.outerHTML.slice(0, 120)}`);
  const ids = [...document.querySelectorAll('[id]')].map((el) => el.id);
  for (const id of ids.filter((id, i) => ids.indexOf(id) !== i)) problems.push(`id twice: ${id}`);
  if (document.querySelectorAll('h1').length !== 1) problems.push('not one h1');
  if (!document.querySelector('main')) problems.push('no main');

  const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const over = (colors) => {
    context.clearRect(0, 0, 1, 1);
    for (const color of colors) {
      context.fillStyle = color;
      context.fillRect(0, 0, 1, 1);
    }
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((byte) => {
      const value = byte / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  for (const el of document.querySelectorAll('body *')) {
    const ownText = [...el.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!ownText || !visible(el) || el.closest('.visually-hidden, svg')) continue;
    const layers = [];
    for (let at = el; at; at = at.parentElement)
      layers.unshift(getComputedStyle(at).backgroundColor);
    const style = getComputedStyle(el);
    const back = luminance(over(['white', ...layers]));
    const front = luminance(over(['white', ...layers, style.color]));
    const ratio = (Math.max(back, front) + 0.05) / (Math.min(back, front) + 0.05);
    const isLarge = parseFloat(style.fontSize) >= 24;
    if (ratio < (isLarge ? 3 : 4.5))
      problems.push(
        `contrast ${ratio.toFixed(2)}: ${el.className || el.tagName} "${el.textContent.slice(0, 40)}"`,
      );
  }
  return problems;
})();
